"""Throughput of a download beside that of the plain library, for the same objects on the same server.

``python tests/downloads/bench_fetch.py`` starts moto in another process and downloads alternately. It prints the rates,
and the medians of their ratios by round. The plain clients verify nothing and do not resume.
``--gbit 1`` limits the rate of all connections together to that of a network, in equal shares.
"""

import argparse
import asyncio
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import obstore
from boto3.s3.transfer import TransferConfig
from botocore import UNSIGNED
from botocore.config import Config

from submission_builder.base.progress import silent
from submission_builder.downloads.download import download
from submission_builder.downloads.listing import list_release
from submission_builder.downloads.plan import plan_files
from submission_builder.downloads.site import BUCKET, REGION, ROOT, ReleaseAddress, open_bucket
from submission_builder.downloads.transfer import CHUNK

RELEASE = ReleaseAddress(ROOT, "R5_L100_bdf")
AT_ONCE = 8

SERVER = """
import sys, time
sys.path.insert(0, sys.argv[1])
from faulty_proxy import FaultyProxy
from s3_server import S3Server, random_bytes, recording
server = S3Server()
for i in range(int(sys.argv[2])):
    server.put("R5_L100_bdf", {recording(f"S{i}"): random_bytes(int(float(sys.argv[3]) * 2**20))})
rate = float(sys.argv[4])
if not rate:
    print(server.url, flush=True)
    time.sleep(1e6)
with FaultyProxy(server.address, bytes_per_s=rate) as proxy:
    print(proxy.url, flush=True)
    time.sleep(1e6)
"""


def plain(bucket, listed, folder, chunk_size=10 << 20):
    """What the documentation of obstore shows, for several files at a time."""

    async def one(file):
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        result = await obstore.get_async(bucket, file.key)
        with target.open("wb") as out:
            async for chunk in result.stream(min_chunk_size=chunk_size):
                out.write(chunk)

    async def every():
        waiting = iter(listed)

        async def work():
            for file in waiting:
                await one(file)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))

    asyncio.run(every())


def plain_in_small_chunks(bucket, listed, folder):
    """The same with our size of chunks; the default is 10 MiB."""
    plain(bucket, listed, folder, CHUNK)


def boto3_threads(bucket, listed, folder):
    """``download_file`` of boto3, in as many threads; one connection per file, as the others have."""
    one_connection = TransferConfig(use_threads=False)
    config = Config(signature_version=UNSIGNED, max_pool_connections=AT_ONCE)
    client = boto3.client("s3", endpoint_url=bucket.config["endpoint"], region_name=REGION, config=config)

    def one(file):
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        client.download_file(BUCKET, file.key, str(target), Config=one_connection)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, listed))


def ours(bucket, listed, folder):
    download(bucket, plan_files(listed, folder, silent), at_once=AT_ONCE, progress=silent)


def seconds(client, bucket, listed):
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        client(bucket, listed, Path(folder))
        took = time.perf_counter() - began
        shutil.rmtree(folder)
        Path(folder).mkdir()
    return took


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--files", type=int, default=24)
    options.add_argument("--mib", type=float, default=12)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--gbit", type=float, default=0)
    given = options.parse_args()
    arguments = [str(Path(__file__).parent), str(given.files), str(given.mib), str(given.gbit * 1e9 / 8 / AT_ONCE)]
    command = [sys.executable, "-c", SERVER, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            url = server.stdout.readline().strip()
            bucket = open_bucket(url, 30)
            listed = list_release(bucket, RELEASE, url)
            total = sum(file.size for file in listed)
            seconds(plain, bucket, listed)
            clients = [plain, plain_in_small_chunks, boto3_threads, ours]
            rates = {client: [] for client in clients}
            for i in range(given.rounds):
                for client in clients if i % 2 else clients[::-1]:
                    rates[client].append(total / seconds(client, bucket, listed) / 1e6)
                print(", ".join(f"{client.__name__} {rates[client][-1]:.0f} MB/s" for client in clients), flush=True)
            print(f"{len(listed)} objects of {given.mib:g} MiB, medians of {given.rounds} rounds:")
            for client in clients[:-1]:
                ratios = [mine / its for mine, its in zip(rates[ours], rates[client], strict=True)]
                print(f"ours is {statistics.median(ratios):.2f} times as fast as {client.__name__}")
        finally:
            server.kill()


if __name__ == "__main__":
    main()
