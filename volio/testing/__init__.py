"""The test kit: phantoms, samples, faulty files and the conformance suite for formats."""
