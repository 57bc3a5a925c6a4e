"""moto's server, in which some of AWS's answers are as documented that moto gets wrong.

A client that looks again at what it made, as clctl does, cannot end its work where the answer never shows what was
set, or shows what was not; nor does it leave nothing where something stays that AWS takes along. No mend adds a check
that moto lacks; each is named in differences.toml as `mend` with the document it follows; the sequences show the
difference in moto as it is.
"""

import dataclasses
import json

import spoken_cbor
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores
from moto.ec2.models.instances import InstanceBackend
from moto.ec2.models.launch_templates import LaunchTemplateBackend
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.models.vpcs import VPCBackend
from moto.ec2.responses.key_pairs import KeyPairs
from moto.elbv2.models import ELBv2Backend, FakeListener, FakeLoadBalancer
from moto.iam.responses import IamResponse
from moto.kms import responses as kms
from moto.kms.models import KmsBackend
from moto.logs.models import LogsBackend
from moto.rds.models import DBInstance, RDSBackend, TaggedResource
from moto.server import DomainDispatcherApplication, main
from moto.sns.responses import SNSResponse

MENDS = {}


def mend(run):
    MENDS[run.__name__] = run
    return run


@mend
def description_of_a_rule_whose_peer_is_a_group():
    SecurityGroupRule.description = property(
        lambda self: self.ip_range.get("Description") or self.source_group.get("Description")
    )


@mend
def gateway_endpoint_has_no_private_dns():
    create = VPCBackend.create_vpc_endpoint

    def mended(self, *args, **params):
        if params.get("endpoint_type") == "Gateway":
            params["private_dns_enabled"] = False
        return create(self, *args, **params)

    VPCBackend.create_vpc_endpoint = mended


@mend
def nat_gateway_takes_its_interface_along():
    delete = NatGatewayBackend.delete_nat_gateway

    def mended(self, nat_gateway_id):
        gateway = delete(self, nat_gateway_id)
        self.enis.pop(gateway._eni.id, None)
        return gateway

    NatGatewayBackend.delete_nat_gateway = mended


@mend
def key_pair_may_be_named_by_its_id():
    delete, describe = KeyPairs.delete_key_pair, KeyPairs.describe_key_pairs

    def names(self, ids):
        known = {it.id: it.key_name for it in self.ec2_backend.key_pairs.values()}
        return [known.get(it, it) for it in ids]

    def deleted(self):
        named = self._get_param("KeyPairId")
        if named is None:
            return delete(self)
        gone = self.ec2_backend.delete_key_pair(*names(self, [named]))
        return ActionResult({"Return": True, "KeyPairId": gone.id if gone else None})

    def described(self):
        named = self._get_param("KeyPairIds", [])
        if not named:
            return describe(self)
        return ActionResult({"KeyPairs": self.ec2_backend.describe_key_pairs(names(self, named))})

    KeyPairs.delete_key_pair, KeyPairs.describe_key_pairs = deleted, described


@mend
def name_of_a_key_policy_may_be_left_out():
    kms._assert_default_policy = lambda name: None


@mend
def key_to_be_deleted_may_be_named_by_its_arn():
    schedule, cancel = KmsBackend.schedule_key_deletion, KmsBackend.cancel_key_deletion
    KmsBackend.schedule_key_deletion = lambda self, key, days: schedule(self, self.get_key_id(key), days)
    KmsBackend.cancel_key_deletion = lambda self, key: cancel(self, self.get_key_id(key))


@mend
def key_says_how_often_it_is_rotated():
    enable = kms.KmsResponse.enable_key_rotation

    def enabled(self):
        said = enable(self)
        key = self.kms_backend.keys[self.kms_backend.get_key_id(self._get_param("KeyId"))]
        key.rotation_period = self._get_param("RotationPeriodInDays") or 365
        return said

    def told(self):
        key_id = self._get_param("KeyId")
        self._validate_cmk_id(key_id)
        key = self.kms_backend.keys[self.kms_backend.get_key_id(key_id)]
        said = {"KeyId": key.arn, "KeyRotationEnabled": key.key_rotation_status}
        if key.key_rotation_status:
            said["RotationPeriodInDays"] = key.rotation_period
        return json.dumps(said)

    kms.KmsResponse.enable_key_rotation = enabled
    kms.KmsResponse.get_key_rotation_status = told


@mend
def tags_of_an_instance_profile_are_listed():
    def listed(self):
        profile = self.backend.get_instance_profile(profile_name=self._get_param("InstanceProfileName"))
        return ActionResult({"Tags": profile.tags, "IsTruncated": False})

    IamResponse.list_instance_profile_tags = listed


@mend
def version_of_a_template_has_no_tags_of_the_template():
    create = LaunchTemplateBackend.create_launch_template

    def mended(self, name, description, data, tags):
        if said := data.get("TagSpecifications"):
            data["TagSpecifications"] = [it for it in said if it["ResourceType"] != "launch-template"]
        return create(self, name, description, data, tags)

    LaunchTemplateBackend.create_launch_template = mended


@mend
def instance_has_the_interfaces_that_its_template_says():
    launch = InstanceBackend.run_instances

    def mended(self, *args, **params):
        if (template := params.get("launch_template")) and not params.get("nics"):
            said = self._get_template_from_args(template).data.get("NetworkInterfaces")
            params |= {"nics": said} if said else {}
        return launch(self, *args, **params)

    InstanceBackend.run_instances = mended


@mend
def performance_insights_that_are_on_are_shown():
    create = DBInstance.__init__

    def mended(self, *args, **params):
        create(self, *args, **params)
        # What a modification is told, moto keeps under that name by itself.
        self.enable_performance_insights = params.get("enable_performance_insights", False)

    DBInstance.__init__ = mended
    DBInstance.performance_insights_enabled = property(lambda self: self.enable_performance_insights)


@mend
def groups_and_subscriptions_are_found_by_their_type():
    logs, rds = LogsBackend.iter_tagged_resources, RDSBackend.iter_tagged_resources
    elb = ELBv2Backend.iter_tagged_resources

    def of_logs(self):
        for group in logs(self):
            yield dataclasses.replace(group, resource_type="logs:log-group")

    def of_rds(self):
        yield from rds(self)
        for it in self.event_subscriptions.values():
            tags = {tag["Key"]: tag["Value"] for tag in it.get_tags()}
            yield TaggedResource(arn=it.arn, tags=tags, resource_type="rds:es")

    def of_elb(self):
        yield from elb(self)
        for balancer in self.load_balancers.values():
            for listener in balancer.listeners.values():
                yield found(self, listener.arn, "listener")
                for rule in listener.rules.values():
                    yield found(self, rule.arn, "listener-rule")

    def found(self, arn, kind):
        tags = self.tagging_service.get_tag_dict_for_resource(arn)
        return TaggedResource(arn=arn, tags=tags, resource_type=f"elasticloadbalancing:{kind}")

    LogsBackend.iter_tagged_resources, RDSBackend.iter_tagged_resources = of_logs, of_rds
    ELBv2Backend.iter_tagged_resources = of_elb


@mend
def topic_shows_how_it_signs():
    told = SNSResponse.get_topic_attributes

    def mended(self):
        result = told(self)
        topic = self.backend.get_topic(self._get_param("TopicArn"))
        # What an attribute is set to moto keeps under its name.
        for name in ("SignatureVersion", "TracingConfig"):
            if (value := getattr(topic, camelcase_to_underscores(name), None)) is not None:
                result.result["Attributes"][name] = value
        return result

    SNSResponse.get_topic_attributes = mended


@mend
def dashboards_have_tags():
    put, tag = CloudWatchResponse.put_dashboard, CloudWatchBackend.tag_resource

    def made(self):
        name, backend = self._get_param("DashboardName"), self.cloudwatch_backend
        known = name in backend.dashboards
        answer = put(self)
        # Those of one that is there stay as they are.
        if not known:
            backend.tagger.tag_resource(backend.dashboards[name].arn, self._get_param("Tags", []))
        return answer

    def tagged(self, arn, tags):
        if any(it.arn == arn for it in self.dashboards.values()):
            self.tagger.tag_resource(arn, self.tagger.convert_dict_to_tags_input(tags))
        else:
            tag(self, arn, tags)

    CloudWatchResponse.put_dashboard, CloudWatchBackend.tag_resource = made, tagged


@mend
def load_balancer_shows_attributes_that_nobody_has_set():
    create = FakeLoadBalancer.__init__
    unset = {
        "idle_timeout.timeout_seconds": "60",
        "routing.http.desync_mitigation_mode": "defensive",
        "routing.http.drop_invalid_header_fields.enabled": "false",
        "routing.http2.enabled": "true",
    }

    def mended(self, *args, **params):
        create(self, *args, **params)
        self.attrs = unset | self.attrs

    FakeLoadBalancer.__init__ = mended


@mend
def listener_shows_attributes_that_nobody_has_set():
    create = FakeListener.__init__
    headers = (
        *(f"access_control_{it}" for it in ("allow_credentials", "allow_headers", "allow_methods", "allow_origin")),
        *(f"access_control_{it}" for it in ("expose_headers", "max_age")),
        *("content_security_policy", "strict_transport_security", "x_content_type_options", "x_frame_options"),
    )
    unset = {f"routing.http.response.{it}.header_value": "" for it in headers}
    unset["routing.http.response.server.enabled"] = "true"

    def mended(self, *args, **params):
        create(self, *args, **params)
        # The one that moto has is of network load balancers.
        if self.protocol in ("HTTP", "HTTPS"):
            self.attributes = dict(unset)

    FakeListener.__init__ = mended


@mend
def listener_without_tls_has_no_policy():
    create = FakeListener.__init__

    def mended(self, *args, **params):
        create(self, *args, **params)
        if self.protocol == "HTTP":
            self.ssl_policy = None

    FakeListener.__init__ = mended


def devops_guru_has_been_told_nothing():
    """moto has no DevOps Guru. clctl reads what it looks at and whom it tells before anything is declared."""
    served = DomainDispatcherApplication.__call__

    def answered(self, environ, start_response):
        if "/devops-guru/" not in environ.get("HTTP_AUTHORIZATION", ""):
            return served(self, environ, start_response)
        asked = (environ["REQUEST_METHOD"], environ["PATH_INFO"].split("/")[1])
        told = {
            ("GET", "resource-collections"): {"ResourceCollection": {}},
            ("POST", "channels"): {"Channels": []},
        }.get(asked)
        body = json.dumps(told or {"Message": f"moto has no DevOps Guru: {asked}"}).encode()
        head = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response("200 OK" if told else "501 Not Implemented", head)
        return [body]

    DomainDispatcherApplication.__call__ = answered


if __name__ == "__main__":
    for run in MENDS.values():
        run()
    devops_guru_has_been_told_nothing()
    spoken_cbor.install()
    main()
