"""An S3 server on this machine: moto, with the organisers' bucket."""

import logging
import os
from pathlib import PurePosixPath

from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from submission_builder.downloads.site import BUCKET, REGION, ROOT

_KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


class S3Server:
    """moto in a thread of this process, and a client that may write."""

    def __init__(self):
        import boto3  # noqa: PLC0415 - takes 0.5 s

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.address, self.url = (host, port), f"http://{host}:{port}"
        self._client = boto3.client("s3", endpoint_url=self.url, region_name=REGION, **_KEYS)
        self._client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

    def stop(self):
        self._client.close()
        self._server.stop()

    def put(self, release, files, *, public=True):
        """Add or replace objects of a release; `files` maps paths in it to contents."""
        for path, content in files.items():
            access = {"ACL": "public-read"} if public else {}
            self._client.put_object(Bucket=BUCKET, Key=f"{ROOT}/{release}/{path}", Body=content, **access)

    def put_in_parts(self, release, path, content):
        """Add an object whose ETag is no MD5."""
        where = {"Bucket": BUCKET, "Key": f"{ROOT}/{release}/{path}"}
        upload = self._client.create_multipart_upload(**where, ACL="public-read")["UploadId"]
        half = 5 << 20  # the least size of a part
        parts = []
        for number, part in enumerate((content[:half], content[half:]), 1):
            sent = self._client.upload_part(**where, UploadId=upload, PartNumber=number, Body=part)
            parts.append({"ETag": sent["ETag"], "PartNumber": number})
        self._client.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})

    def remove(self, release, path):
        self._client.delete_object(Bucket=BUCKET, Key=f"{ROOT}/{release}/{path}")

    def put_folder(self, release, folder):
        """Add every file of a folder."""
        self.put(release, {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()})


def recording(subject, suffix="eeg.bdf", task="contrastChangeDetection", run=1):
    """Path of a file of a recording in a release."""
    return str(PurePosixPath(f"sub-{subject}/eeg/sub-{subject}_task-{task}_run-{run}_{suffix}"))


def random_bytes(n):
    return os.urandom(n)
