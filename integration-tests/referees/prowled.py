"""Scans the account that AWS_ENDPOINT_URL leads to with Prowler, and writes its findings, a line of JSON for each.

Through Prowler's own modules: its command line imports the SDKs of a dozen other clouds, two gigabytes of them. Runs in
the virtual environment of scanner.txt: `prowled.py <region> <log> <service>...`.
"""

import json
import logging
import sys

from prowler.lib.logger import logger
from prowler.lib.scan.scan import Scan
from prowler.providers.aws.aws_provider import AwsProvider


def plain(value):
    return getattr(value, "value", value)


def main(region, log, *services):
    # What could not be asked is read from it.
    logger.handlers = [logging.FileHandler(log, mode="w")]
    logger.setLevel(logging.WARNING)
    scan = Scan(AwsProvider(regions={region}), services=list(services))
    for _, findings in scan.scan():
        for it in findings:
            finding = {
                "check": it.metadata.CheckID,
                "severity": plain(it.metadata.Severity),
                "status": plain(it.status),
                "resource": it.resource_uid,
                "tags": it.resource_tags or {},
                "says": it.status_extended,
            }
            print(json.dumps(finding))


main(*sys.argv[1:])
