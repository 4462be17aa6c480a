import { expect, test } from '@jest/globals';
import { redactLogLine } from '../../../src/rollout/log-redaction.ts';

test.each([
  ['connecting to postgres://ips:hunter22@db:5432/ips', 'connecting to postgres://ips:***@db:5432/ips'],
  ['Host=db;Username=ips;Password=hunter22;Port=5432', 'Host=db;Username=ips;Password=***;Port=5432'],
  ['{"password": "hunter22", "user": "ips"}', '{"password": ***, "user": "ips"}'],
  ['JWT_SECRET_KEY=abc123', 'JWT_SECRET_KEY=***'],
  ['api_key: abc123 next', 'api_key: *** next'],
  ['Authorization: Bearer abc.def.ghi', 'Authorization: Bearer ***'],
  ['key AKIAIOSFODNN7EXAMPLE used', 'key *** used'],
  [`token is eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln here`, 'token is *** here'],
  ['listening on :5000', 'listening on :5000'],
  ['Error: column "passenger" does not exist', 'Error: column "passenger" does not exist'],
])('%s', (line, shown) => {
  expect(redactLogLine(line)).toBe(shown);
});

test.each([
  ['colours', '\u001b[31mfatal\u001b[0m: gone', 'fatal: gone'],
  ['a title for the terminal', '\u001b]0;owned\u0007text', 'text'],
  ['a command behind a carriage return', 'ok\r::error::owned', 'ok ::error::owned'],
  ['a line turned around', 'a\u202eb', 'a b'],
  ['null bytes and tabs', 'a\u0000\tb', 'a   b'],
])('%s', (_name, line, shown) => {
  expect(redactLogLine(line)).toBe(shown);
});

test('long lines are cut, line ends go', () => {
  expect(redactLogLine('x'.repeat(500))).toBe('x'.repeat(500));
  expect(redactLogLine('x'.repeat(501))).toBe(`${'x'.repeat(500)}…`);
  expect(redactLogLine('a\r\n')).toBe('a');
});
