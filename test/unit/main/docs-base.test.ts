import { expect, test } from '@jest/globals';
import { docsBase } from '../../../src/main/docs-base.ts';

const environment = {
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_ACTION_REPOSITORY: 'acme/ips-deploy-actions',
  GITHUB_ACTION_REF: 'v1.2.0',
};

test('the documents of the version that runs', () => {
  expect(docsBase(environment)).toBe('https://github.com/acme/ips-deploy-actions/blob/v1.2.0/');
});

test.each([
  ['a local action', { GITHUB_ACTION_REPOSITORY: '', GITHUB_ACTION_REF: '' }],
  ['no server', { GITHUB_SERVER_URL: undefined }],
  ['a text that is no repository', { GITHUB_ACTION_REPOSITORY: 'acme/x](http://evil' }],
  ['a text that is no ref', { GITHUB_ACTION_REF: 'v1) [x' }],
])('%s: none', (_name, change) => {
  expect(docsBase({ ...environment, ...change })).toBeUndefined();
});
