"""python3 requests_upload.py URL API_KEY FILE: uploads a form with `requests`, as scripts do; prints the answer."""
import os
import sys

import requests

url, api_key, path = sys.argv[1:]
with open(path, "rb") as source:
    answer = requests.post(
        f"{url}/api/v2/files/contents/",
        headers={"Authorization": f"Token {api_key}"},
        files=[("file", (os.path.basename(path), source, "application/octet-stream"))],
    )
answer.raise_for_status()
print(answer.text)
