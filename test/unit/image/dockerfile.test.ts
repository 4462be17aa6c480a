// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a Dockerfile look like that
import { describe, expect, test } from '@jest/globals';
import { evaluateStage, readStage } from '../../../src/image/dockerfile/evaluate.ts';
import { readInstructions } from '../../../src/image/dockerfile/instructions.ts';
import { expand, expandWords } from '../../../src/image/dockerfile/words.ts';
import type { RuntimeConfig } from '../../../src/image/static/image-config.ts';

const platform = { os: 'linux', architecture: 'amd64' };

function evaluate(text: string, buildArgs: Record<string, string> = {}, base: RuntimeConfig = {}) {
  const given = { buildArgs: new Map(Object.entries(buildArgs)), platform };
  return evaluateStage(readStage(readInstructions(text), given), base, given);
}

describe('instructions', () => {
  test('comments, continuation lines, blank lines between them, an escape directive', () => {
    const text = '# escape=`\n\n# a comment\nFROM scratch\nENV A=1 `\n  # inside\n\n  B=2\r\nlabel x="\\"\n';
    expect(readInstructions(text)).toEqual({
      escapeChar: '`',
      instructions: [
        { name: 'FROM', rest: 'scratch', line: 4 },
        { name: 'ENV', rest: 'A=1   B=2', line: 5 },
        { name: 'LABEL', rest: 'x="\\"', line: 9 },
      ],
    });
  });

  test.each([
    ['', 1, 'The Dockerfile is empty.'],
    ['FROM scratch\n123\n', 2, 'Dockerfile line 2: "123" is no instruction.'],
    ['FROM scratch\nRUN <<EOF\nx\nEOF\n', 2, 'Dockerfile line 2: here-documents need buildx.'],
  ])('%j is refused', (text, line, message) => {
    expect(() => readInstructions(text)).toThrow(expect.objectContaining({ line, message }));
  });
});

describe('words', () => {
  const variables = new Map([
    ['A', 'one'],
    ['EMPTY', ''],
  ]);
  test.each([
    ['$A/x', 'one/x'],
    ['${A}x', 'onex'],
    ['$Ax', ''],
    ['\\$A', '$A'],
    ["'$A'", '$A'],
    ['"$A b"', 'one b'],
    ['"a\\"b\\n"', 'a"b\\n'],
    ['${EMPTY:-x}', 'x'],
    ['${EMPTY-x}', ''],
    ['${NONE-x}', 'x'],
    ['${NONE:-${A}}', 'one'],
    ['${A:+set}', 'set'],
    ['${EMPTY:+set}', ''],
    ['${EMPTY+set}', 'set'],
    ['${A:?must}', 'one'],
    ['$', '$'],
    ['a$', 'a$'],
  ])('%s is %j', (text, expected) => {
    expect(expand(text, variables, '\\')).toBe(expected);
  });

  test.each([
    ['${A', 'closed'],
    ['${A%x}', 'needs buildx'],
    ['"a', 'closed'],
    ['${NONE:?must be set}', 'NONE is not set: must be set'],
  ])('%s is refused', (text, message) => {
    expect(() => expand(text, variables, '\\')).toThrow(message);
  });

  test('words end at blanks outside of quotes', () => {
    expect(expandWords('a "b c"\'d e\' f\\ g  $A', variables, '\\')).toEqual(['a', 'b cd e', 'f g', 'one']);
  });
});

describe('FROM and ARG', () => {
  test.each([
    ['ARG BASE=node:24\nFROM ${BASE}\n', {}, 'node:24'],
    ['ARG BASE=node:24\nFROM ${BASE}\n', { BASE: 'scratch' }, 'scratch'],
    ['ARG V=24\nARG BASE=node:$V\nFROM $BASE AS app\n', { V: '22' }, 'node:22'],
    ['FROM img-$TARGETARCH\n', {}, 'img-amd64'],
  ])('%j with %j starts from %s', (text, args, expected) => {
    const given = { buildArgs: new Map(Object.entries(args as Record<string, string>)), platform };
    expect(readStage(readInstructions(text), given).baseImage).toBe(expected);
  });

  test('an argument from before FROM is seen after it only where ARG asks for it', () => {
    const text = 'ARG V=1\nFROM scratch\nENV A=$V\nARG V\nENV B=$V\nARG W=2\nENV C=$W\n';
    expect(evaluate(text, { W: '3', X: '4' })).toMatchObject({
      config: { Env: ['A=', 'B=1', 'C=3'] },
      unusedArgs: ['X'],
    });
  });

  test('ENV wins over ARG of the same name', () => {
    expect(evaluate('FROM scratch\nARG A=arg\nENV A=env\nENV B=$A\n', { A: 'given' }).config.Env).toEqual([
      'A=env',
      'B=env',
    ]);
  });
});

describe('settings', () => {
  test.each<[string, RuntimeConfig, RuntimeConfig]>([
    ['ENV A one  two', {}, { Env: ['A=one  two'] }],
    ['ENV A=2 B="x y"', { Env: ['A=1', 'PATH=/bin'] }, { Env: ['A=2', 'PATH=/bin', 'B=x y'] }],
    ['WORKDIR /a\nWORKDIR b/../c', {}, { WorkingDir: '/a/c' }],
    ['WORKDIR $HOME/x', { Env: ['HOME=/root'] }, { Env: ['HOME=/root'], WorkingDir: '/root/x' }],
    ['CMD node server.js', {}, { Cmd: ['/bin/sh', '-c', 'node server.js'] }],
    [
      'SHELL ["/bin/bash", "-c"]\nCMD x $Y',
      {},
      { Shell: ['/bin/bash', '-c'], Cmd: ['/bin/bash', '-c', 'x $Y'] },
    ],
    ['CMD ["a"]\nENTRYPOINT ["b"]', { Cmd: ['base'] }, { Cmd: ['a'], Entrypoint: ['b'] }],
    ['ENTRYPOINT ["b"]', { Cmd: ['base'] }, { Entrypoint: ['b'] }],
    [
      'EXPOSE 80 53/udp 8000-8001',
      {},
      { ExposedPorts: { '80/tcp': {}, '53/udp': {}, '8000/tcp': {}, '8001/tcp': {} } },
    ],
    ['VOLUME /a /b\nVOLUME ["/c d"]', {}, { Volumes: { '/a': {}, '/b': {}, '/c d': {} } }],
    ['HEALTHCHECK NONE', {}, { Healthcheck: { Test: ['NONE'] } }],
    [
      'HEALTHCHECK --timeout=1m30s --start-period=500ms CMD ["curl", "x"]',
      {},
      { Healthcheck: { Test: ['CMD', 'curl', 'x'], Timeout: 90e9, StartPeriod: 5e8 } },
    ],
  ])('%s', (text, base, expected) => {
    expect(evaluate(`FROM scratch\n${text}\n`, {}, base).config).toEqual(expected);
  });

  test('copies: owner, mode, wildcard sources, JSON form, where they go', () => {
    const text = `FROM scratch
WORKDIR /app
COPY --chown=10:20 --chmod=750 --link a.txt b/ ./in/
COPY ["x y.txt", "z"]
ADD a.txt /
`;
    expect(evaluate(text).steps).toEqual([
      { kind: 'workdir', path: '/app', line: 2 },
      {
        kind: 'copy',
        sources: ['a.txt', 'b/'],
        destination: '/app/in/',
        owner: { uid: 10, gid: 20 },
        mode: 0o750,
        line: 3,
      },
      {
        kind: 'copy',
        sources: ['x y.txt'],
        destination: '/app/z',
        owner: undefined,
        mode: undefined,
        line: 4,
      },
      { kind: 'copy', sources: ['a.txt'], destination: '/', owner: undefined, mode: undefined, line: 5 },
    ]);
  });
});

describe('what this builder cannot do is one sentence with its line', () => {
  test.each([
    ['RUN make', 'Dockerfile line 2 (RUN): RUN needs buildx.'],
    ['FROM other', 'Dockerfile line 2 (FROM): a second FROM (a build in stages) needs buildx.'],
    ['ONBUILD COPY a b', 'Dockerfile line 2 (ONBUILD): ONBUILD needs buildx.'],
    ['COPY --from=builder /a /b', 'Dockerfile line 2 (COPY): --from needs buildx.'],
    [
      'COPY --chown=node a b',
      'Dockerfile line 2 (COPY): --chown=node: names need buildx; numbers such as 1000:1000 do not.',
    ],
    [
      'COPY a b c',
      'Dockerfile line 2 (COPY): several sources need a destination that ends with "/"; "c" does not.',
    ],
    ['COPY a', 'Dockerfile line 2 (COPY): a source and a destination are needed.'],
    [
      'ADD https://example.com/x /x',
      'Dockerfile line 2 (ADD): ADD of a URL (https://example.com/x) needs buildx.',
    ],
    [
      'ADD a.tar.gz /',
      'Dockerfile line 2 (ADD): ADD unpacks archives (a.tar.gz), which needs buildx; COPY keeps them as they are.',
    ],
    ['EXPOSE 70000', 'Dockerfile line 2 (EXPOSE): "70000" is no port.'],
    ['ENV A', 'Dockerfile line 2 (ENV): "A" has no value: write A=value.'],
    ['HEALTHCHECK --retry=1 CMD x', 'Dockerfile line 2 (HEALTHCHECK): --retry is unknown.'],
    ['ENVV A=1', 'Dockerfile line 2 (ENVV): ENVV needs buildx.'],
  ])('%s', (instruction, message) => {
    expect(() => evaluate(`FROM scratch\n${instruction}\n`)).toThrow(
      expect.objectContaining({ line: 2, message }),
    );
  });

  test('a base image with ONBUILD', () => {
    expect(() => evaluate('FROM base\n', {}, { OnBuild: ['RUN x'] })).toThrow(
      'Dockerfile line 1: the base image base has ONBUILD triggers, which need buildx.',
    );
  });
});
