"""Sends the test records with the OpenTelemetry SDK for Python. See ../README.md for the contract."""

import os
import sys

from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

endpoint = os.environ["PARSEC_ENDPOINT"]
protocol = os.environ["PARSEC_PROTOCOL"]
gzip = os.environ["PARSEC_COMPRESSION"] == "gzip"
if protocol == "grpc":
    import grpc
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter

    exporter = OTLPLogExporter(
        endpoint=endpoint,
        insecure=True,
        compression=grpc.Compression.Gzip if gzip else grpc.Compression.NoCompression,
    )
elif protocol == "http/protobuf":
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter

    exporter = OTLPLogExporter(
        endpoint=f"{endpoint}/v1/logs",
        compression=Compression.Gzip if gzip else Compression.NoCompression,
    )
else:
    sys.exit(f"the Python SDK has no exporter for {protocol}")

resource = Resource.create(
    {"service.name": "sdk-python", "service.version": "1.2.3", "run.id": os.environ["PARSEC_RUN_ID"]}
)
provider = LoggerProvider(resource=resource)
provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
logger = provider.get_logger("sdk.test", "0.1.0")
span = SpanContext(
    trace_id=0x0AF7651916CD43DD8448EB211C80319C,
    span_id=0xB7AD6B7169203331,
    is_remote=True,
    trace_flags=TraceFlags(TraceFlags.SAMPLED),
)
in_span = set_span_in_context(NonRecordingSpan(span))
timestamp = 1700000000123456789
logger.emit(
    LogRecord(
        timestamp=timestamp,
        context=in_span,
        severity_number=SeverityNumber.ERROR,
        severity_text="ERROR",
        event_name="sdk.event",
        body="hello from the SDK: \u00fc \U0001f600",
        attributes={"text": "value", "flag": True, "count": 42, "ratio": 1.5, "list": ["a", "b"]},
    )
)
logger.emit(
    LogRecord(
        timestamp=timestamp,
        severity_number=SeverityNumber.INFO,
        severity_text="INFO",
        body={"key": "value", "number": 1},
    )
)
if not provider.force_flush():
    sys.exit("flush failed")
provider.shutdown()
