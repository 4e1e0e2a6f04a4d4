"""What a stranger writes with a client that `openapi-python-client` has made: typed all through, nothing told twice."""

import sys
from io import BytesIO
from typing import TypeVar

from httpx import Timeout
from quarry_client import AuthenticatedClient
from quarry_client.api.files import download_file, upload_file
from quarry_client.api.jobs import create_job, get_job, list_job_files, list_job_statuses, submit_job
from quarry_client.models import (
    AnalysisReference,
    Error,
    File,
    FilePage,
    HardwareDefinition,
    InputFileDefinition,
    Job,
    JobAnalysisDefinition,
    JobDefinition,
    JobOutcome,
    JobStatusName,
    JobStatusPage,
    UploadFileBody,
)
from quarry_client.types import UNSET, Unset
from quarry_client.types import File as FileToSend

Answer = TypeVar("Answer")


def main(url: str, key: str) -> None:
    with AuthenticatedClient(base_url=url, token=key, prefix="Token", timeout=Timeout(60)) as client:
        file_id = upload(client, "pi.py", b"print(3.14159)\n")
        tile = JobAnalysisDefinition(
            analysis=AnalysisReference(code="user_included"),
            command="python3 pi.py > pi.txt",
            hardware=HardwareDefinition(core_type="quartz", cores_per_slot=1),
            input_files=[InputFileDefinition(id=file_id)],
        )
        job_id = create(client, JobDefinition(name="Digits of pi", jobanalyses=[tile]))
        refuse_error(submit_job.sync(job_id, client=client))
        job = wait(client, job_id)
        assert job.outcome == JobOutcome.SUCCESS, job.failure
        text = output(client, job_id, "pi.txt")
        assert text == b"3.14159\n", text
        print(f"Job {job.id} ({job.name}) ended in {job.outcome}: {text.decode().strip()}")


def upload(client: AuthenticatedClient, name: str, content: bytes) -> str:
    body = UploadFileBody(file=FileToSend(payload=BytesIO(content), file_name=name))
    answer = refuse_error(upload_file.sync(client=client, body=body))
    assert isinstance(answer, File)
    assert (answer.name, answer.decrypted_size) == (name, len(content))
    return answer.id


def create(client: AuthenticatedClient, definition: JobDefinition) -> str:
    answer = refuse_error(create_job.sync(client=client, body=definition))
    assert isinstance(answer, Job)
    return answer.id


def wait(client: AuthenticatedClient, job_id: str) -> Job:
    since: str | Unset = UNSET
    while True:
        page = refuse_error(list_job_statuses.sync(job_id, client=client, wait=20, since=since))
        assert isinstance(page, JobStatusPage)
        if page.results and page.results[0].status == JobStatusName.COMPLETED:
            break
        since = page.results[0].id if page.results else UNSET
    job = refuse_error(get_job.sync(job_id, client=client))
    assert isinstance(job, Job)
    return job


def output(client: AuthenticatedClient, job_id: str, search: str) -> bytes:
    page = refuse_error(list_job_files.sync(job_id, client=client, search=search))
    assert isinstance(page, FilePage)
    contents = refuse_error(download_file.sync(page.results[0].id, client=client))
    assert isinstance(contents, FileToSend)
    return contents.payload.read()


def refuse_error(answer: Answer | Error | None) -> Answer | None:
    if isinstance(answer, Error):
        raise SystemExit(f"Refused: {answer.to_dict()}")
    return answer


main(*sys.argv[1:])
