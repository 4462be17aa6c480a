/** What docker, buildx and BuildKit print when they fail, as they print it, and what is made of it. */
import { describe, expect, test } from '@jest/globals';
import { diagnose } from '../../../src/image/buildx/diagnose.ts';
import { failedLine, failedStep } from '../../../src/image/buildx/failed-step.ts';

/** The end of the output where a step failed: with the excerpt of BuildKit, or as older engines have it. */
function ended(step: string, output: readonly string[], error: string, line?: number): string {
  const excerpt =
    line === undefined
      ? []
      : [`Dockerfile:${line}`, '--------------------', `   ${line} | >>> it`, '--------------------'];
  return [
    `#5 [2/2] ${step}`,
    ...output.map((each) => `#5 ${each}`),
    `#5 ERROR: ${error}`,
    '------',
    ` > [2/2] ${step}:`,
    ...output,
    '------',
    ...excerpt,
    `ERROR: failed to build: failed to solve: ${error}`,
  ].join('\n');
}
const process = 'process "/bin/sh -c make" did not complete successfully: exit code:';

describe('diagnose', () => {
  test.each<[string, object]>([
    [
      'ERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      { code: 'docker-daemon-down' },
    ],
    [
      'ERROR: no builder "gone" found',
      {
        code: 'no-builder',
        message: 'There is no buildx builder gone: add docker/setup-buildx-action before this step.',
      },
    ],
    [
      'ERROR: failed to build: Multi-platform build is not supported for the docker driver.\nSwitch to a different driver',
      {
        code: 'no-builder',
        message:
          'The builder of this runner (driver docker) cannot build for several platforms: add docker/setup-buildx-action before this step.',
      },
    ],
    ['ERROR: failed to solve: write /x: no space left on device', { code: 'disk-full' }],
    [
      'ERROR: failed to solve: dockerfile parse error on line 7: unknown instruction: RUNN',
      { code: 'dockerfile', line: 7, message: 'Dockerfile line 7: unknown instruction: RUNN.' },
    ],
    [
      'ERROR: failed to build: failed to solve: target stage "two" could not be found',
      { code: 'dockerfile', message: 'The Dockerfile has no stage two, which the input target names.' },
    ],
    [
      ended(
        'COPY nowhere /',
        [],
        'failed to compute cache key: failed to calculate checksum of ref a::b: "/nowhere": not found',
        3,
      ),
      {
        code: 'dockerfile',
        line: 3,
        message:
          'Dockerfile line 3: /nowhere is not in the build context or the stage that it is copied from. A .dockerignore may leave it out.',
      },
    ],
    [
      'ERROR: failed to build: failed to stat npm.txt: stat npm.txt: no such file or directory',
      { code: 'context', message: 'npm.txt, which secret-files names, does not exist.' },
    ],
    [
      ended(
        'FROM node:99',
        [],
        'node:99: failed to resolve source metadata for docker.io/library/node:99: docker.io/library/node:99: not found',
        3,
      ),
      {
        code: 'base-image-not-found',
        line: 3,
        message: 'The base image docker.io/library/node:99 does not exist.',
      },
    ],
    [
      'ERROR: failed to build: failed to solve: rpc error: code = Unknown desc = failed to solve with frontend dockerfile.v0: failed to create LLB definition: 127.0.0.1:36041/ips:nowhere: not found',
      {
        code: 'base-image-not-found',
        message: 'The base image 127.0.0.1:36041/ips:nowhere does not exist.',
      },
    ],
    [
      'ERROR: failed to solve: x/y:1: failed to resolve source metadata for docker.io/x/y:1: no match for platform in manifest: not found',
      {
        code: 'base-image-not-found',
        message: 'The base image docker.io/x/y:1 is not there for every platform that was asked for.',
      },
    ],
    [
      "ERROR: failed to push x: tag invalid: The image tag 'v1' already exists in the 'ips' repository and cannot be overwritten because the repository is immutable.",
      {
        code: 'tag-taken',
        message: 'Tag v1 exists, is immutable and holds another image. Give another tag.',
      },
    ],
    ['ERROR: unexpected status: 403 Forbidden', { code: 'registry-denied' }],
    [
      'ERROR: failed to build: failed to solve: failed to push 127.0.0.1:5000/ips:1: failed to copy: failed to do request: Put "http://127.0.0.1:5000/v2/ips/blobs/uploads/5c?digest=sha256%3A89": readfrom tcp 127.0.0.1:4->127.0.0.1:5: write tcp 127.0.0.1:4->127.0.0.1:5: use of closed network connection',
      {
        code: 'registry-network',
        transient: true,
        message: 'The push to 127.0.0.1:5000/ips:1 broke off (use of closed network connection).',
      },
    ],
    [
      '------\n > pushing 127.0.0.1:5000/ips:1 with docker:\n------\nERROR: failed to build: Put "http://127.0.0.1:5000/v2/ips/blobs/uploads/5c": EOF',
      {
        code: 'registry-network',
        transient: true,
        message: 'The push to 127.0.0.1:5000/ips:1 broke off (EOF).',
      },
    ],
    [
      'ERROR: failed to solve: node:24: failed to resolve source metadata for docker.io/library/node:24: failed to do request: Head "https://registry-1.docker.io/v2/library/node/manifests/24": dial tcp: lookup registry-1.docker.io on 10.0.0.53:53: no such host',
      {
        code: 'registry-network',
        transient: true,
        message: 'registry-1.docker.io could not be reached (no such host).',
      },
    ],
    [
      'ERROR: failed to build: failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF',
      {
        code: 'docker-daemon-down',
        transient: true,
        message: 'The builder stopped answering (EOF): it was ended, or ran out of memory.',
      },
    ],
    [
      '#1 ERROR: context deadline exceeded\n------\n > [internal] waiting for connection:\n------\nERROR: failed to build: context deadline exceeded',
      { code: 'docker-daemon-down', transient: true },
    ],
    [
      'ERROR: received unexpected HTTP status: 503 Service Unavailable',
      { code: 'registry-network', transient: true },
    ],
    ['ERROR: failed to solve: something new', { message: 'docker buildx build ended with 1: something new' }],
    ['', { code: 'build-failed', message: 'docker buildx build ended with 1: it said nothing' }],
  ])('%s', (text, expected) => {
    expect(diagnose(text.split('\n'), 1)).toEqual(expect.objectContaining({ transient: false, ...expected }));
  });

  test.each<[string, readonly string[], number, object]>([
    [
      'is told in its own words, whatever they remind of',
      ['0.369 denied: 403 Forbidden'],
      2,
      {
        code: 'build-failed',
        line: 12,
        transient: false,
        message: 'Dockerfile line 12: RUN ended with exit code 2 (denied: 403 Forbidden).',
      },
    ],
    [
      'is tried again where the network failed it',
      ['0.1 npm error network read ECONNRESET', '0.2 dial tcp: connection refused'],
      1,
      { code: 'build-failed', transient: true },
    ],
    [
      'with a full disk is a full disk',
      ['0.3 cp: write error: No space left on device'],
      1,
      { code: 'disk-full' },
    ],
    [
      'that was killed says why that may be',
      [],
      137,
      {
        message:
          'Dockerfile line 12: RUN ended with exit code 137. It was killed, most often for want of memory.',
      },
    ],
    [
      'of another platform names the emulator',
      ['0.1 exec /bin/sh: exec format error'],
      255,
      { message: expect.stringContaining('docker/setup-qemu-action') },
    ],
  ])('a RUN that failed %s', (_what, output, exitCode, expected) => {
    const text = ended('RUN make', output, `${process} ${exitCode}`, 12);
    expect(diagnose(text.split('\n'), 1)).toMatchObject(expected);
  });

  test('what a step wrote that went well is no cause', () => {
    const text = `#4 0.1 warning: denied: 403 Forbidden, no space left on device\n#4 DONE\n${ended('RUN make', [], `${process} 2`, 7)}`;
    expect(diagnose(text.split('\n'), 1)).toMatchObject({ code: 'build-failed', line: 7 });
  });
});

describe('the line, where BuildKit does not tell it', () => {
  const dockerfile =
    'FROM node:24 AS build\nRUN  make \\\n  all\nCOPY a /a\nFROM scratch\nCOPY a /a\nCOPY b /b\n';
  test.each([
    ['[build 2/3] RUN make   all', 2],
    ['[2/2] COPY b /b', 7],
    // Twice there: a wrong line would be worse than none.
    ['[2/2] COPY a /a', undefined],
    ['[2/2] COPY c /c', undefined],
    ['[internal] load metadata for docker.io/library/node:24', 1],
    ['FROM docker.io/library/node:24@sha256:0a', 1],
    ['[internal] load metadata for docker.io/other/node:24', undefined],
  ])('%s', (step, line) => {
    const lines = ['------', ` > ${step}:`, '------', 'ERROR: failed'];
    expect(failedLine(lines, failedStep(lines), dockerfile)).toBe(line);
  });

  test('here-documents are more than is read', () => {
    const lines = ['------', ' > [2/2] RUN make:', '------'];
    expect(failedLine(lines, failedStep(lines), 'FROM a\nRUN <<EOF\nx\nEOF\nRUN make\n')).toBeUndefined();
  });
});
