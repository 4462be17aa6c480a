import { describe, expect, test } from '@jest/globals';
import type { Cause, CauseCode } from '../../../src/rollout/cause.ts';
import { refineBySlowStart, type StartFacts, upLine } from '../../../src/rollout/slow-start.ts';
import { began } from './facts.ts';

const cause = (code: CauseCode): Cause => ({ code, detail: 'port 5000', evidence: '', tasks: 3 });
const line = (afterSeconds: number, text: string) => ({ at: began + afterSeconds * 1000, text });
const start = (change: Partial<StartFacts> = {}): StartFacts => ({
  aliveMs: 42_000,
  allowedMs: 30_000,
  intervalMs: 10_000,
  healthyThreshold: 2,
  log: [],
  startedAt: began,
  port: '5000',
  ...change,
});

describe('the line that says "up"', () => {
  test.each([
    ['Now listening on: http://[::]:8080', '8080'],
    ['[12:00:01 INF] Now listening on: http://0.0.0.0:5000', '5000'],
    ['Server is running on port 3000', '3000'],
    ['Started IpsApplication in 12.345 seconds', undefined],
    ['INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)', '8000'],
    ['LOG:  database system is ready to accept connections', undefined],
    ['Tomcat started, listening at port=9090', '9090'],
    ['nginx: start worker process 7', 'none'],
    ['error: cannot connect to db:5432', 'none'],
  ])('%s', (text, port) => {
    const found = upLine([line(1, 'booting'), line(2, text)]);
    expect(found === undefined ? 'none' : found.port).toBe(port);
  });
});

describe('slow, or on another port', () => {
  test.each<[string, CauseCode, Partial<StartFacts>, CauseCode]>([
    ['stopped as soon as it could be, without a word', 'port-mismatch', {}, 'grace-too-short'],
    ['the latest moment that counts as at once', 'port-mismatch', { aliveMs: 65_000 }, 'grace-too-short'],
    ['lived longer than that', 'port-mismatch', { aliveMs: 65_001 }, 'port-mismatch'],
    ['its log was not read', 'port-mismatch', { log: undefined }, 'port-mismatch'],
    ['up in good time', 'port-mismatch', { log: [line(10, 'listening on :5000')] }, 'port-mismatch'],
    [
      'up, but too late for two checks',
      'port-mismatch',
      { log: [line(10.001, 'listening on :5000')] },
      'grace-too-short',
    ],
    ['on another port', 'port-mismatch', { log: [line(29, 'listening on :8080')] }, 'port-mismatch'],
    ['nothing more known than a failed check', 'target-health', {}, 'grace-too-short'],
    [
      'a wrong answer, while it warms up',
      'target-health-code',
      { log: [line(31, 'ready to accept connections')] },
      'grace-too-short',
    ],
    [
      'a wrong answer, long since up',
      'target-health-code',
      { log: [line(3, 'listening')] },
      'target-health-code',
    ],
    ['a wrong answer and no word', 'target-health-code', {}, 'target-health-code'],
    [
      "a container's own check, up too late",
      'container-health',
      { port: undefined, log: [line(35, 'listening')] },
      'grace-too-short',
    ],
    ["a container's own check without a word", 'container-health', { port: undefined }, 'container-health'],
  ])('%s', (_name, code, change, refined) => {
    expect(refineBySlowStart(cause(code), start(change)).code).toBe(refined);
  });

  test('the sentence has the seconds and the ports', () => {
    expect(refineBySlowStart(cause('port-mismatch'), start()).detail).toBe(
      'stopped 42 s after their start, where 30 s are allowed; their log does not say that they are up',
    );
    expect(refineBySlowStart(cause('port-mismatch'), start({ log: [line(35, 'listening')] })).detail).toBe(
      'up after 35 s, stopped 42 s after their start, where 30 s are allowed',
    );
    expect(
      refineBySlowStart(cause('port-mismatch'), start({ log: [line(5, 'listening on :8080')] })).detail,
    ).toBe('port 5000; its log names port 8080');
  });
});
