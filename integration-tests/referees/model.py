"""Holds answers, as they came over the wire, against botocore's models.

botocore's parsers skip what they do not know and forgive what is missing, so that a client hardly ever
notices a wrong answer. Here the raw body is walked beside the shape of the operation's output: an element
that the model does not have, one that is there twice, a missing required member, a value of another type,
outside of its range or no value of its enumeration is a complaint.

The wire formats are those of Smithy: https://smithy.io/2.0/aws/protocols/index.html
"""

import base64
import binascii
import json
import math
import re
import xml.etree.ElementTree as ElementTree

from dateutil import parser as dates

# Values that AWS's own pages show and the model's enumeration lacks: shape, value, document.
BEYOND_ENUM = {
    **{
        ("State", state): "https://docs.aws.amazon.com/cli/latest/reference/ec2/create-vpc-endpoint.html"
        for state in ("available", "pending", "deleting")
    },
    (
        "AttachmentStatus",
        "available",
    ): "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InternetGatewayAttachment.html",
    (
        "NetworkInterfaceStatus",
        "pending",
    ): "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkInterface.html",
}

# Error codes that any operation may answer:
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonErrors.html and the same page of each service.
COMMON_ERRORS = {
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InternalFailure",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "OptInRequired",
    "RequestExpired",
    "ServiceUnavailable",
    "Throttling",
    "ThrottlingException",
    "UnrecognizedClientException",
    "ValidationError",
    "ValidationException",
}

# EC2's models have no errors; these are the codes of its page that sequences provoke:
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
EC2_ERRORS = set(
    """
    CannotDelete DependencyViolation DryRunOperation Gateway.NotAttached IdempotentParameterMismatch
    InvalidAllocationID.NotFound InvalidAssociationID.NotFound InvalidClientToken InvalidDhcpOptionsID.NotFound
    InvalidFlowLogId.NotFound InvalidGatewayID.NotFound InvalidDhcpOptionID.NotFound InvalidGroup.Duplicate InvalidGroup.InUse
    InvalidGroup.NotFound InvalidGroup.Reserved InvalidGroupId.Malformed InvalidID
    InvalidInternetGatewayID.NotFound InvalidInternetGatewayId.Malformed InvalidIPAddress.InUse
    InvalidKey.Format InvalidKeyPair.Duplicate InvalidKeyPair.Format InvalidKeyPair.NotFound
    InvalidNetworkAclID.NotFound InvalidNetworkInterface.InUse InvalidNetworkInterfaceID.NotFound
    InvalidNextToken InvalidParameter InvalidParameterCombination InvalidParameterValue
    InvalidPermission.Duplicate InvalidPermission.Malformed InvalidPermission.NotFound
    InvalidRoute.Malformed InvalidRoute.NotFound InvalidRouteTableID.NotFound InvalidRouteTableId.Malformed
    InvalidSecurityGroupID.NotFound InvalidSecurityGroupRuleId.NotFound InvalidServiceName
    InvalidSubnet.Conflict InvalidSubnet.Range InvalidSubnetID.NotFound
    InvalidVpc.Range InvalidVpcEndpointId.Malformed InvalidVpcEndpointId.NotFound InvalidVpcEndpoint.NotFound
    InvalidVpcID.NotFound InvalidVpcID.Malformed MissingParameter NatGatewayMalformed NatGatewayNotFound
    FlowLogAlreadyExists FlowLogsLimitExceeded OperationNotPermitted Resource.AlreadyAssociated
    RouteAlreadyExists RouteAlreadyExistsException RulesPerSecurityGroupLimitExceeded TagLimitExceeded
    IncorrectInstanceState InvalidAMIID.NotFound InvalidInstanceID.NotFound InvalidInstanceType
    InvalidLaunchTemplateId.NotFound InvalidLaunchTemplateId.VersionNotFound
    InvalidLaunchTemplateName.AlreadyExistsException InvalidVolume.NotFound VolumeInUse
    UnauthorizedOperation VpcLimitExceeded VpcEndpointLimitExceeded RouteLimitExceeded AddressLimitExceeded
    """.split()
)


# What any operation of RDS may answer besides the errors of its own in the model:
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/CommonErrors.html
RDS_ERRORS = {
    "InvalidParameterCombination",
    "InvalidParameterValue",
    "MalformedInput",
    "MissingParameter",
}

# Errors that AWS's own page of an operation has and the model lacks: operation, shape, status, document.
BEYOND_ERRORS = {
    ("DeleteDashboards", "DashboardNotFoundError", 404): (
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteDashboards.html"
    ),
}


def local(tag):
    """The name of an element without its namespace."""
    return tag.rsplit("}", 1)[-1]


class Check:
    """One answer beside the shape it should have."""

    def __init__(self, operation, status, headers, body):
        self.operation = operation
        self.service = operation.service_model
        self.protocol = self.service.resolved_protocol
        self.status = status
        self.headers = headers
        self.body = body
        self.complaints = []

    def complain(self, path, what):
        self.complaints.append(f"{self.service.service_name}:{self.operation.name} {path}: {what}")

    def run(self):
        if self.status == 501:
            return self.complaints
        try:
            if self.protocol in ("ec2", "query", "rest-xml"):
                self.xml()
            else:
                self.json()
        except (ElementTree.ParseError, json.JSONDecodeError) as error:
            self.complain("body", f"cannot be read: {error}: {self.body[:200]!r}")
        return self.complaints

    # XML: https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html, aws-query-protocol.html and
    # aws-restxml-protocol.html

    def xml(self):
        kind = self.headers.get("content-type", "")
        if not kind.startswith("text/xml"):
            self.complain("content-type", f"{kind!r} instead of text/xml")
        root = ElementTree.fromstring(self.body)
        if self.status >= 300:
            return self.xml_error(root)
        name = f"{self.operation.name}Response"
        if local(root.tag) != name:
            self.complain("root", f"{local(root.tag)} instead of {name}")
        namespace = self.service.metadata.get("xmlNamespace")
        if self.protocol == "ec2":
            namespace = f"http://ec2.amazonaws.com/doc/{self.service.api_version}/"
        if namespace and not root.tag.startswith(f"{{{namespace}}}"):
            self.complain("root", f"is not in the namespace {namespace}")
        output = self.operation.output_shape
        if self.protocol == "ec2":
            return self.xml_structure(root, output, "", also={"requestId"}, bare={"return"})
        if self.protocol == "rest-xml":
            return self.xml_structure(root, output, "")
        parts = {local(part.tag): part for part in root}
        metadata = parts.pop("ResponseMetadata", None)
        if metadata is None or metadata.find("{*}RequestId") is None:
            self.complain("ResponseMetadata", "has no RequestId")
        wrapper = output.serialization.get("resultWrapper") if output is not None else None
        if wrapper:
            result = parts.pop(wrapper, None)
            if result is None:
                self.complain(wrapper, "is missing")
            else:
                self.xml_structure(result, output, "")
        for part in parts:
            self.complain(part, "is not in the model")

    def xml_error(self, root):
        if self.protocol == "ec2":
            code = root.find("./Errors/Error/Code")
            message = root.find("./Errors/Error/Message")
            request = root.find("./RequestID")
        else:
            code = root.find("./{*}Error/{*}Code")
            message = root.find("./{*}Error/{*}Message")
            request = root.find("./{*}RequestId")
        for part, name in ((code, "Code"), (message, "Message"), (request, "RequestId")):
            if part is None or not part.text:
                self.complain("error", f"has no {name}")
        if code is not None:
            self.error_code(code.text or "")

    def xml_structure(self, element, shape, path, also=(), bare=()):
        members = {}
        for name, member in (shape.members if shape is not None else {}).items():
            members[self.xml_name(name, member)] = (name, member)
        given = {}
        for child in element:
            given.setdefault(local(child.tag), []).append(child)
        for tag, children in given.items():
            if tag in also:
                continue
            if tag not in members:
                # EC2 says <return>true</return> where the model has no output at all.
                if tag in bare and children[0].text == "true":
                    continue
                self.complain(f"{path}{tag}", "is not in the model")
                continue
            name, member = members[tag]
            flat = member.type_name == "list" and member.serialization.get("flattened")
            if flat:
                for child in children:
                    self.xml_value(child, member.member, f"{path}{name}[].")
                continue
            if len(children) > 1:
                self.complain(f"{path}{name}", "is there more than once")
            self.xml_value(children[0], member, f"{path}{name}.")
        for name in shape.required_members if shape is not None else ():
            if shape.members[name].serialization.get("location") == "header":
                if not self.headers.get(shape.members[name].serialization["name"]):
                    self.complain(f"{path}{name}", "is required and no header")
                continue
            if self.xml_name(name, shape.members[name]) not in given:
                self.complain(f"{path}{name}", "is required and missing")

    @staticmethod
    def xml_name(name, member):
        return member.serialization.get("name", name)

    def xml_value(self, element, shape, path):
        if shape.type_name == "structure":
            return self.xml_structure(element, shape, path)
        if shape.type_name == "list":
            tag = shape.member.serialization.get("name", "member")
            self.within(shape, len(element), path)
            for child in element:
                if local(child.tag) != tag:
                    self.complain(path, f"holds {local(child.tag)} instead of {tag}")
                self.xml_value(child, shape.member, f"{path[:-1]}[].")
            return None
        if shape.type_name == "map":
            # https://smithy.io/2.0/spec/protocol-traits.html#xml-bindings: entry, key and value.
            names = (shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value"))
            for entry in element:
                if local(entry.tag) != "entry" or tuple(local(it.tag) for it in entry) != names:
                    self.complain(path, f"holds {local(entry.tag)} instead of an entry of {names}")
                    continue
                self.string(entry[0].text or "", shape.key, f"{path}key.")
                self.xml_value(entry[1], shape.value, f"{path}{entry[0].text}.")
            return None
        if len(element):
            return self.complain(path, f"holds elements and should be a {shape.type_name}")
        text = element.text or ""
        match shape.type_name:
            case "boolean":
                if text not in ("true", "false"):
                    self.complain(path, f"{text!r} is no boolean")
            case "integer" | "long":
                if re.fullmatch(r"-?\d+", text):
                    self.within(shape, int(text), path)
                else:
                    self.complain(path, f"{text!r} is no whole number")
            case "float" | "double":
                if not self.is_number(text):
                    self.complain(path, f"{text!r} is no number")
            case "timestamp":
                # https://smithy.io/2.0/spec/protocol-traits.html#timestampformat-trait: date-time
                if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text):
                    self.complain(path, f"{text!r} is no date-time")
                else:
                    dates.isoparse(text)
            case "blob":
                self.blob(text, path)
            case _:
                self.string(text, shape, path)
        return None

    # JSON: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html

    def json(self):
        kind = self.headers.get("content-type", "")
        # https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
        rest = self.protocol == "rest-json"
        expected = "application/json" if rest else f"application/x-amz-json-{self.service.metadata['jsonVersion']}"
        # An answer without a body has no type of one.
        if kind != expected and (self.body or not rest):
            self.complain("content-type", f"{kind!r} instead of {expected}")
        body = json.loads(self.body or b"{}")
        if self.status >= 300:
            kind = body.pop("__type", "")
            if rest:
                kind = self.headers.get("x-amzn-errortype", "").split(":", 1)[0]
            if not kind:
                self.complain("error", "has no __type or x-amzn-errortype")
            code = kind.rsplit("#", 1)[-1]
            shape = self.error_code(code)
            known = {"message", "Message"} | set(shape.members if shape is not None else ())
            for name in set(body) - known:
                self.complain(f"error {code}.{name}", "is not in the model")
            return
        output = self.operation.output_shape
        if output is None:
            if body:
                self.complain("body", f"should be empty and is {body!r}")
            return
        self.json_value(body, output, "")

    def json_value(self, value, shape, path):
        kind = shape.type_name
        wrong = f"{value!r} is no {kind}"
        if kind == "structure":
            if not isinstance(value, dict):
                return self.complain(path, wrong)
            members = {self.xml_name(name, member): name for name, member in shape.members.items()}
            for name, inner in value.items():
                if name not in members:
                    self.complain(f"{path}{name}", "is not in the model")
                else:
                    self.json_value(inner, shape.members[members[name]], f"{path}{name}.")
            for name in shape.required_members:
                if self.xml_name(name, shape.members[name]) not in value:
                    self.complain(f"{path}{name}", "is required and missing")
        elif kind == "list":
            if not isinstance(value, list):
                return self.complain(path, wrong)
            self.within(shape, len(value), path)
            for inner in value:
                self.json_value(inner, shape.member, f"{path[:-1]}[].")
        elif kind == "map":
            if not isinstance(value, dict):
                return self.complain(path, wrong)
            for key, inner in value.items():
                self.string(key, shape.key, f"{path}key.")
                self.json_value(inner, shape.value, f"{path}{key}.")
        elif kind == "boolean":
            if not isinstance(value, bool):
                self.complain(path, wrong)
        elif kind in ("integer", "long"):
            if isinstance(value, bool) or not isinstance(value, int):
                return self.complain(path, wrong)
            self.within(shape, value, path)
        elif kind in ("float", "double"):
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                self.complain(path, wrong)
        elif kind == "timestamp":
            # Seconds since 1970; a time before 2000 or after 2100 is one in another unit.
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                self.complain(path, wrong)
            elif not 946_684_800 <= value <= 4_102_444_800:
                self.complain(path, f"{value!r} is no time in seconds")
        elif kind == "blob":
            self.blob(value, path)
        elif not isinstance(value, str):
            self.complain(path, wrong)
        else:
            self.string(value, shape, path)
        return None

    # What both have in common.

    def error_code(self, code):
        """The shape of an error, which has to be one of the operation's."""
        if self.protocol == "ec2":
            if code not in EC2_ERRORS:
                self.complain("error", f"{code} is not among the documented codes in {__name__}.EC2_ERRORS")
            return None
        for shape in self.operation.error_shapes:
            error = shape.metadata.get("error", {})
            # In JSON an error goes by its shape: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#awsquerycompatible-trait
            if code == error.get("code", shape.name) or (self.protocol == "json" and code == shape.name):
                status = error.get("httpStatusCode")
                if status and status != self.status:
                    self.complain(f"error {code}", f"has status {self.status} instead of {status}")
                return shape
        if self.service.service_name == "rds" and code in RDS_ERRORS:
            return None
        if (self.operation.name, code, self.status) in BEYOND_ERRORS:
            return None
        if code not in COMMON_ERRORS:
            self.complain("error", f"{code} is no error of the operation")
        return None

    def string(self, text, shape, path):
        if shape.enum and text not in shape.enum and (shape.name, text) not in BEYOND_ENUM:
            self.complain(path, f"{text!r} is none of {shape.enum}")
        self.within(shape, len(text), path)
        pattern = shape.metadata.get("pattern")
        if pattern:
            try:
                fits = re.search(pattern, text)
            except re.error:
                # Java's and JavaScript's classes, which Python does not have.
                return
            if not fits:
                self.complain(path, f"{text!r} does not fit {pattern}")

    def within(self, shape, number, path):
        least, most = shape.metadata.get("min"), shape.metadata.get("max")
        if least is not None and number < least:
            self.complain(path, f"{number} is less than {least}")
        if most is not None and number > most:
            self.complain(path, f"{number} is more than {most}")

    def blob(self, text, path):
        try:
            base64.b64decode(text, validate=True)
        except (binascii.Error, TypeError, ValueError):
            self.complain(path, "is no base64")

    @staticmethod
    def is_number(text):
        try:
            return math.isfinite(float(text))
        except ValueError:
            return False
