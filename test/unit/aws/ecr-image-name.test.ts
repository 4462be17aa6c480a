import { expect, test } from '@jest/globals';
import { imageIdOf, parseEcrHost, parseEcrImage } from '../../../src/aws/ecr-image-name.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const ecr = '123456789012.dkr.ecr.ap-south-1.amazonaws.com';

test.each([
  [ecr, 'ap-south-1'],
  ['123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
  ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
  ['123456789012.dkr-ecr.eu-west-1.on.aws', 'eu-west-1'],
])('host %s', (host, region) => {
  expect(parseEcrHost(host)).toEqual({ registryId: '123456789012', region });
});

test.each([
  'public.ecr.aws',
  '12345678901.dkr.ecr.ap-south-1.amazonaws.com',
  `${ecr}.example.org`,
  `${ecr}:443`,
  'docker.io',
  '',
])('no host of ECR: %s', (host) => {
  expect(parseEcrHost(host)).toBeUndefined();
});

test.each([
  [`${ecr}/ips`, undefined, undefined, { imageTag: 'latest' }],
  [`${ecr}/team/ips:1.2_3`, '1.2_3', undefined, { imageTag: '1.2_3' }],
  [`${ecr}/team/ips@${digest}`, undefined, digest, { imageDigest: digest }],
  [`${ecr}/ips:1@${digest}`, '1', digest, { imageDigest: digest }],
])('image %s', (image, tag, itsDigest, id) => {
  const parsed = parseEcrImage(image)!;
  expect(parsed).toMatchObject({ registryId: '123456789012', region: 'ap-south-1', tag, digest: itsDigest });
  expect(parsed.repositoryName).toBe(image.includes('team') ? 'team/ips' : 'ips');
  expect(imageIdOf(parsed)).toEqual(id);
});

test.each([
  'ips:1',
  `${ecr}/`,
  `${ecr}/IPS:1`,
  `${ecr}/ips:1@sha256:abc`,
  ecr,
  'public.ecr.aws/nginx/nginx:1',
])('no image of ECR: %s', (image) => {
  expect(parseEcrImage(image)).toBeUndefined();
});
