// The job's identity token for temporary credentials of the role, by the two calls that the real action makes.
import { appendFileSync } from 'node:fs';

const input = (name) => process.env[`INPUT_${name.toUpperCase()}`] ?? '';
const append = (file, values) =>
  appendFileSync(
    process.env[file],
    Object.entries(values)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );

async function text(url, options) {
  const answer = await fetch(url, options);
  const body = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status}: ${body}`);
  return body;
}

const region = input('aws-region');
if (region === '') throw new Error('Input required and not supplied: aws-region');
append('GITHUB_ENV', { AWS_REGION: region, AWS_DEFAULT_REGION: region });
const role = input('role-to-assume');
if (role === '') {
  const keys = [input('aws-access-key-id'), input('aws-secret-access-key')];
  if (keys.includes('')) throw new Error('Neither a role nor access keys are given.');
  append('GITHUB_ENV', { AWS_ACCESS_KEY_ID: keys[0], AWS_SECRET_ACCESS_KEY: keys[1] });
} else {
  const tokenUrl = `${process.env.ACTIONS_ID_TOKEN_REQUEST_URL}&audience=sts.amazonaws.com`;
  const authorization = `Bearer ${process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN}`;
  const { value } = JSON.parse(await text(tokenUrl, { headers: { authorization } }));
  const answer = await text(process.env.AWS_ENDPOINT_URL, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: role,
      RoleSessionName: 'GitHubActions',
      DurationSeconds: input('role-duration-seconds') || '3600',
      WebIdentityToken: value,
    }),
  });
  const of = (name) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(answer)[1];
  for (const name of ['SecretAccessKey', 'SessionToken']) console.log(`::add-mask::${of(name)}`);
  append('GITHUB_ENV', {
    AWS_ACCESS_KEY_ID: of('AccessKeyId'),
    AWS_SECRET_ACCESS_KEY: of('SecretAccessKey'),
    AWS_SESSION_TOKEN: of('SessionToken'),
  });
  append('GITHUB_OUTPUT', { 'aws-expiration': of('Expiration') });
}
