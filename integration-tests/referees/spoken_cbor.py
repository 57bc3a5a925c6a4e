"""RPC v2 CBOR for moto, which knows the services that clients ask in it, but in other protocols.

clctl asks CloudWatch so, as AWS's SDKs do; moto 5.2.5 takes CloudWatch's JSON 1.0. What is asked in the one is asked of
moto in the other, and what it answers comes back, by the shapes of botocore's service model and for every operation:
no operation has a line here. Nothing is added to what moto says or taken away.

https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
"""

import functools
import io
import json
import re

import botocore.loaders
import botocore.model
import botocore.parsers
import botocore.serialize
from moto.server import DomainDispatcherApplication

CBOR = "application/cbor"
JSON = "application/x-amz-json-1.0"
PATH = re.compile(r"/service/(\w+)/operation/(\w+)$")


# Who is asked so by anybody here; every one of them speaks JSON as well.
SERVICES = ("cloudwatch",)


@functools.cache
def models():
    """These services, by what requests call them."""
    loader = botocore.loaders.Loader()
    found = {}
    for name in SERVICES:
        model = botocore.model.ServiceModel(loader.load_service_model(name, "service-2"), name)
        assert {"smithy-rpc-v2-cbor", "json"} <= set(model.protocols), name
        found[model.metadata["targetPrefix"]] = model
    return found


def decoded(body):
    """What a body says. It is what an answer would be, so that botocore can read it."""
    parser = botocore.parsers.RpcV2CBORParser()
    return parser.parse_data_item(parser.get_peekable_stream_from_bytes(body)) if body else {}


def encoded(value, shape):
    """A body that says it, of this shape."""
    body = bytearray()
    botocore.serialize.RpcV2CBORSerializer()._serialize_data_item(body, value, shape)
    return bytes(body)


def request(value, operation):
    """The JSON of what was asked: times and bytes have no form of their own in it."""
    serializer = botocore.serialize.JSONSerializer()
    return serializer.serialize_to_request(value, operation)["body"]


def answer(status, headers, body, operation):
    """The CBOR of what moto answered in JSON."""
    if status >= 300:
        said = json.loads(body)
        failure = {"__type": said.get("__type", ""), "message": said.get("message", said.get("Message", ""))}
        return encoded(failure, FAILURE)
    parsed = botocore.parsers.JSONParser().parse(
        {"status_code": status, "headers": headers, "body": body}, operation.output_shape
    )
    parsed.pop("ResponseMetadata", None)
    return encoded(parsed, operation.output_shape) if operation.output_shape else encoded({}, FAILURE)


TEXT = {"shape": "Text"}
FAILURE = botocore.model.ShapeResolver(
    {
        "Failure": {"type": "structure", "members": {"__type": TEXT, "message": TEXT}},
        "Text": {"type": "string"},
    }
).get_shape_by_name("Failure")


def install():
    served = DomainDispatcherApplication.__call__

    def translating(self, environ, start_response):
        asked = PATH.search(environ.get("PATH_INFO", ""))
        if environ.get("HTTP_SMITHY_PROTOCOL") != "rpc-v2-cbor" or not asked or asked[1] not in models():
            return served(self, environ, start_response)
        operation = models()[asked[1]].operation_model(asked[2])
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        body = request(decoded(body), operation)
        environ |= {
            "PATH_INFO": "/",
            "RAW_URI": "/",
            "REQUEST_URI": "/",
            "CONTENT_TYPE": JSON,
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_X_AMZ_TARGET": f"{asked[1]}.{asked[2]}",
            "wsgi.input": io.BytesIO(body),
        }
        for name in ("HTTP_SMITHY_PROTOCOL", "HTTP_ACCEPT"):
            environ.pop(name, None)
        head = {}

        def started(status, headers, _=None):
            head["status"], head["headers"] = status, headers

        told = b"".join(served(self, environ, started))
        status = int(head["status"].split()[0])
        told = answer(status, dict(head["headers"]), told, operation)
        kept = [it for it in head["headers"] if it[0].lower() not in ("content-type", "content-length")]
        kept += [
            ("Content-Type", CBOR),
            ("Content-Length", str(len(told))),
            ("smithy-protocol", "rpc-v2-cbor"),
        ]
        start_response(head["status"], kept)
        return [told]

    DomainDispatcherApplication.__call__ = translating
