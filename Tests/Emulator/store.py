"""An S3 store in this process (moto), for the tests of copies: a bucket with Object Lock, a user, and signatures that are checked.

Prints one line of JSON, then obeys lines on standard input, each answered with one line:
  delete NAME     tries to remove every version for good; answers the store's error code, or "removed"
  overwrite NAME  puts other bytes on top, as a new version
  hide NAME       puts a delete marker on top
  object NAME     versions, lock mode, lock date, legal hold
Ends with standard input.
"""
import json
import logging
import os
import sys
import threading

import boto3
import botocore.exceptions
import moto.s3.responses
import requests
from moto.server import ThreadedMotoServer

# A store looks whether a name is free and takes it in one step; the emulator does so only one request at a time.
step, put = threading.Lock(), moto.s3.responses.S3Response.put_object


def put_alone(self):
    with step:
        return put(self)


moto.s3.responses.S3Response.put_object = put_alone
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
url = "http://127.0.0.1:%d" % port


def client(kind, key, secret):
    return boto3.client(
        kind, endpoint_url=url, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=secret)


iam = client("iam", "setup", "setup")
iam.create_user(UserName="copier")
everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
iam.put_user_policy(UserName="copier", PolicyName="all", PolicyDocument=json.dumps(everything))
access = iam.create_access_key(UserName="copier")["AccessKey"]
s3 = client("s3", access["AccessKeyId"], access["SecretAccessKey"])
s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
s3.create_bucket(Bucket="plain")
# From here on every signature is worked out again by the emulator and compared.
requests.post(url + "/moto-api/reset-auth", data="0", timeout=10)
print(json.dumps({"url": url, "key": access["AccessKeyId"], "secret": access["SecretAccessKey"]}), flush=True)
# Complaints about requests that are no HTTP are expected, and must not lie between answers.
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)

for line in sys.stdin:
    command, name = line.split()
    listed = s3.list_object_versions(Bucket="locked", Prefix=name).get("Versions", [])
    versions = [version for version in listed if version["Key"] == name]
    try:
        if command == "delete":
            for version in versions:
                s3.delete_object(Bucket="locked", Key=name, VersionId=version["VersionId"])
            answer = "removed"
        elif command == "overwrite":
            s3.put_object(Bucket="locked", Key=name, Body=b"other bytes", ChecksumAlgorithm="SHA256")
            answer = "done"
        elif command == "hide":
            s3.delete_object(Bucket="locked", Key=name)
            answer = "done"
        else:
            head = s3.head_object(Bucket="locked", Key=name)
            until = head.get("ObjectLockRetainUntilDate")
            answer = "%d %s %s %s" % (
                len(versions), head.get("ObjectLockMode"), until.strftime("%Y-%m-%dT%H:%M:%SZ") if until else None,
                head.get("ObjectLockLegalHoldStatus"))
    except botocore.exceptions.ClientError as error:
        answer = error.response["Error"]["Code"]
    print(answer, flush=True)
server.stop()
