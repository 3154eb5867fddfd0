"""From values to colours, and from several pictures to one."""
