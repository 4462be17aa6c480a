import { expect, test } from '@jest/globals';
import { imageSource, pushDestination } from '../../../src/inputs/image-places.ts';

const ecr = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const digest = `sha256:${'a'.repeat(64)}`;

test.each([
  ['eu-west-1', { region: 'eu-west-1' }],
  ['us-gov-west-1', { region: 'us-gov-west-1' }],
  ['eu-west-1/team/api', { region: 'eu-west-1', repository: 'team/api' }],
  [ecr, { host: ecr, region: 'eu-west-1' }],
  [`${ecr}/api`, { host: ecr, region: 'eu-west-1', repository: 'api' }],
  ['/mirror', { repository: 'mirror' }],
])('a destination: %s', (given, expected) => {
  const none = { host: undefined, region: undefined, repository: undefined };
  expect(pushDestination().parse(given)).toEqual({ ok: true, value: { ...none, ...expected } });
});

test.each(['europe', 'docker.io/api', `${ecr}/`, `${ecr}/api:tag`, 'https://x'])(
  'no destination: %s',
  (given) => {
    expect(pushDestination().parse(given).ok).toBe(false);
  },
);

test.each([
  [`api@${digest}`, { host: undefined, repository: 'api', reference: digest }],
  ['team/api:v1', { host: undefined, repository: 'team/api', reference: 'v1' }],
  [`${ecr}/api@${digest}`, { host: ecr, repository: 'api', reference: digest }],
])('a source: %s', (given, value) => {
  expect(imageSource().parse(given)).toEqual({ ok: true, value });
});

test.each(['api', 'api@sha256:1', 'api:', ':v1'])('no source: %s', (given) => {
  expect(imageSource().parse(given).ok).toBe(false);
});
