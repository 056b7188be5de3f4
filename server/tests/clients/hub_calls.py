"""Runs huggingface_hub as a user's program would, once with one token, and prints what came of each call as JSON.

A program of its own, because the library reads its endpoint when it is imported.
It judges nothing: the tests compare.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from huggingface_hub import HfApi, hf_hub_download


def main() -> None:
    print(json.dumps({name: outcome(call) for name, call in calls(json.load(sys.stdin)).items()}))


def calls(job: dict) -> dict[str, Callable[[], object]]:
    """What a user of this token tries, in this order."""
    api = HfApi(token=job["token"])
    return {
        "whoami": lambda: whoami(api),
        "list_models": lambda: sorted(model.id for model in api.list_models(author=job["org"])),
        "list_repo_files": lambda: sorted(api.list_repo_files(job["shelf"])),
        "model_info": lambda: api.model_info(job["shelf"]).id,
        "public_model_info": lambda: api.model_info(f"{job['org']}/open").id,
        "hf_hub_download": lambda: download(job, job["shelf"], "hello.txt"),
        "create_repo": lambda: api.create_repo(job["new"], private=True).repo_id,
        "upload_file": lambda: upload(api, job, "README.md", job["upload"]),
        "upload_large_file": lambda: upload(api, job, "model.safetensors", job["upload"] * 1000),
        "delete_file": lambda: delete_file(api, job),
        "move_repo": lambda: move(api, job),
        "delete_repo": lambda: delete_repo(api, job),
    }


def whoami(api: HfApi) -> dict:
    me = api.whoami()
    return {"name": me["name"], "orgs": {org["name"]: org.get("securityRestrictions") or [] for org in me["orgs"]}}


def download(job: dict, repo: str, path: str) -> str:
    """Always into an empty cache: a file that is already there would be returned without asking."""
    target = Path(job["caches"]) / f"{repo.replace('/', '-')}-{path}-{len(list(Path(job['caches']).iterdir()))}"
    return Path(hf_hub_download(repo, path, cache_dir=target, token=job["token"])).read_text()


def upload(api: HfApi, job: dict, path: str, sent: str) -> bool:
    """Whether what was sent is what comes back."""
    api.upload_file(path_or_fileobj=sent.encode(), path_in_repo=path, repo_id=job["shelf"])
    return download(job, job["shelf"], path) == sent


def delete_file(api: HfApi, job: dict) -> list[str]:
    api.delete_file("old.txt", job["shelf"])
    return sorted(api.list_repo_files(job["shelf"]))


def move(api: HfApi, job: dict) -> str:
    target = f"{job['movable']}-moved"
    api.move_repo(job["movable"], target)
    return api.model_info(target).id


def delete_repo(api: HfApi, job: dict) -> bool:
    api.delete_repo(job["doomed"])
    return api.repo_exists(job["doomed"])


def outcome(call: Callable[[], object]) -> dict:
    try:
        return {"value": call()}
    except Exception as raised:
        return {"raised": [described(error) for error in chain(raised)]}


def chain(error: BaseException | None) -> list[BaseException]:
    """The exception and its causes: a download wraps a refusal, and so does whoami."""
    found = []
    while error is not None:
        found.append(error)
        error = error.__cause__
    return found


def described(error: BaseException) -> dict:
    response = getattr(error, "response", None)
    headers = {} if response is None else dict(response.headers)
    return {
        "class": type(error).__name__,
        "text": str(error),
        "server_message": getattr(error, "server_message", None),
        "status": None if response is None else response.status_code,
        "reason": headers.get("x-tokenward-reason"),
        "code": headers.get("x-error-code"),
        "request_id": headers.get("x-request-id"),
    }


if __name__ == "__main__":
    main()
