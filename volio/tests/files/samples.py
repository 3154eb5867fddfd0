"""Bytes and compressed bytes for the tests of this package."""

import io
import random

from volio.files.codecs.compressed_stream import CompressedStream
from volio.files.codecs.source import CodecSource
from volio.files.codecs.table import CODECS
from volio.files.sources.source import BytesSource

# Compressible, but longer than the pieces that are moved at once, compressed too.
DATA = random.Random(7).randbytes(800_001).translate(bytes(n % 100 for n in range(256)))
NAMES = [codec.name for codec in CODECS]


def codec_named(name):
    return next(codec for codec in CODECS if codec.name == name)


def compressed(name, data=DATA, compression=None):
    target = io.BytesIO()
    stream = CompressedStream(target, codec_named(name), compression)
    stream.write(data[:300])
    stream.write(data[300:])
    stream.finish()
    return target.getvalue()


def decoding_source(name, data):
    return CodecSource(BytesSource(data, name="scan.x"), codec_named(name))
