"""Slurm's sbatch, squeue and scancel for an engine that itself runs as a job: what it submits become jobs of the platform.

They have the storage devices and the core type of the job that the engine runs in. Since a device is at /storage_<id> in
every job, the paths that an engine writes into its scripts lead to the same bytes in all of them.
"""
import json
import os
import re
import shlex
import sys
import urllib.error
import urllib.parse
import urllib.request

BASE = os.environ['RESCALE_API_BASE_URL'].rstrip('/') + '/api/v2/'
ENGINE = os.environ['RESCALE_JOB_ID']
TAG = f'engine:{ENGINE}'
STATES = {'Completed': 'CD', 'Executing': 'R', 'Started': 'CF', 'Validated': 'CF', 'Stopping': 'CG'}


def call(method, path, body=None):
    request = urllib.request.Request(
        urllib.parse.urljoin(BASE, path),
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={'Authorization': 'Token ' + os.environ['RESCALE_API_KEY'], 'Content-Type': 'application/json'},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b'null')
    except urllib.error.HTTPError as error:
        sys.exit(f'{method} {path}: {error.code} {error.read().decode(errors="replace")}')


def to_number(job_id):
    """Slurm's ids are numbers, and engines look for digits."""
    return int.from_bytes(job_id.encode(), 'big')


def to_id(number):
    number = int(number)
    return number.to_bytes((number.bit_length() + 7) // 8, 'big').decode()


def directives(script):
    """`#SBATCH -c 4` and `#SBATCH --cpus-per-task=4` to {'c': '4', …}, by the first letter or the long name."""
    with open(script) as lines:
        found = re.findall(r'^#SBATCH\s+--?([\w-]+)[= ]?(.*)$', lines.read(), re.MULTILINE)
    return {name: value.strip().strip('"') for name, value in found}


def sbatch(arguments):
    script = os.path.realpath(next(each for each in reversed(arguments) if not each.startswith('-')))
    wanted = directives(script)
    engine = call('GET', f'jobs/{ENGINE}/')
    hardware = engine['jobanalyses'][0]['hardware']
    directory = os.path.realpath(wanted.get('D') or wanted.get('chdir') or os.getcwd())
    job = call('POST', 'jobs/', {
        'name': wanted.get('J') or wanted.get('job-name') or os.path.basename(script),
        'tags': [TAG],
        'projectId': engine['projectId'],
        'storageDevices': [{'id': device['id']} for device in engine['storageDevices']],
        'jobanalyses': [{
            'analysis': {'code': 'user_included'},
            'command': f'cd {shlex.quote(directory)} && bash {shlex.quote(script)}',
            'hardware': {
                'coreType': hardware['coreType'],
                'coresPerSlot': int(wanted.get('c') or wanted.get('cpus-per-task') or 1),
                'walltime': hardware['walltime'],
            },
        }],
    })
    call('POST', f'jobs/{job["id"]}/submit/')
    print('Submitted batch job', to_number(job['id']))


def squeue(_arguments):
    page = f'jobs/?page_size=1000&tag={urllib.parse.quote(TAG)}'
    while page:
        answer = call('GET', page)
        for job in answer['results']:
            state = STATES.get(job['jobStatus']['content'], 'PD')
            print(to_number(job['id']), 'F' if state == 'CD' and job.get('outcome') != 'success' else state)
        page = answer['next']


def scancel(arguments):
    for number in arguments:
        if number.isdigit():
            call('POST', f'jobs/{to_id(number)}/stop/')


{'sbatch': sbatch, 'squeue': squeue, 'scancel': scancel}[os.path.basename(sys.argv[1])](sys.argv[2:])
