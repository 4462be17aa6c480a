/**
 * Entry of the trust-policy action; on a command line, with options of the same names:
 * `node dist/trust-policy/index.js --repository owner/name --environment Production`.
 */
import { parseArgs } from 'node:util';
import {
  claimsIn,
  formatOf,
  isPlainName,
  issuerOf,
  type SubjectFormat,
  trustAudience,
  trustPolicy,
} from '../aws/trust-policy.ts';
import { readRawInputs, readRunContext } from '../inputs/environment.ts';
import type { RawInputs } from '../inputs/parse.ts';
import { fields, parseTrustPolicy, type TrustPolicyRequest } from '../inputs/trust-policy.ts';
import { codeBlock, escapeMarkdown } from '../report/markdown.ts';
import { systemClock } from '../runner/clock.ts';
import { requestIdToken } from '../runner/id-token.ts';
import { createRunner } from '../runner/runner.ts';
import { tellBadInputs } from './bad-inputs.ts';

const runner = createRunner(process.env, (text) => void process.stdout.write(text));
const names = Object.keys(fields);
const context = readRunContext(process.env);

function optionsOf(words: readonly string[]): RawInputs {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' } as const]));
  return parseArgs({ args: [...words], options }).values as RawInputs;
}

/** The formats to trust, and why, for people. */
async function formatsOf(request: TrustPolicyRequest): Promise<{
  readonly formats: readonly SubjectFormat[];
  readonly why: string;
  readonly subject?: string;
}> {
  if (request.format !== 'auto') return { formats: [request.format], why: 'as asked for' };
  const idsKnown = request.repositoryId !== undefined && request.ownerId !== undefined;
  if (request.repository === context.repository) {
    const token = await requestIdToken(process.env, trustAudience, { clock: systemClock });
    const claims = token.ok ? claimsIn(token.token) : undefined;
    const subject = claims?.sub;
    if (token.ok) runner.mask(token.token);
    const { scope } = request;
    if (claims !== undefined && scope.kind === 'environment' && scope.name === claims.environment) {
      return { formats: ['names'], why: "this job's own", subject: claims.sub };
    }
    if (subject !== undefined) {
      const format = formatOf(subject);
      if (format !== undefined && (format === 'names' || idsKnown))
        return { formats: [format], why: `as in this job's own token: ${subject}` };
      runner.annotate(
        'warning',
        `The sub of this repository has a form of its own: ${subject}. Adjust the policy.`,
      );
    }
  }
  return idsKnown && issuerOf(context.serverUrl) === issuerOf('')
    ? {
        formats: ['names', 'ids'],
        why: 'both forms: give the job id-token: write, and the one in use is seen',
      }
    : { formats: ['names'], why: 'by names: the numbers of the repository are not known here' };
}

async function run(): Promise<void> {
  const own = {
    repository: context.repository,
    repositoryId: process.env['GITHUB_REPOSITORY_ID'] ?? '',
    ownerId: process.env['GITHUB_REPOSITORY_OWNER_ID'] ?? '',
  };
  const raw = { ...readRawInputs(process.env, names), ...optionsOf(process.argv.slice(2)) };
  const parsed = parseTrustPolicy(raw, own);
  if (!parsed.ok) {
    tellBadInputs(runner, 'trust-policy', parsed.problems);
    process.exitCode = 1;
    return;
  }
  const { request } = parsed;
  const { formats, why, subject } = await formatsOf(request);
  if (subject === undefined && request.scope.kind === 'environment' && !isPlainName(request.scope.name)) {
    runner.annotate(
      'warning',
      `How GitHub writes "${request.scope.name}" into sub is not certain: run this in a job of that environment, with id-token: write.`,
    );
  }
  const { serverUrl } = context;
  const policy = trustPolicy({
    ...request,
    formats,
    accountId: request.accountId ?? 'ACCOUNT',
    serverUrl,
    ...(subject === undefined ? {} : { subject }),
  });
  const text = JSON.stringify(policy, undefined, 2);
  const commands = [
    '# Once for each account:',
    `aws iam create-open-id-connect-provider --url https://${issuerOf(serverUrl)} --client-id-list ${trustAudience}`,
    '# The policy above as trust.json; a role that is there takes update-assume-role-policy instead:',
    'aws iam create-role --role-name ips-deploy --assume-role-policy-document file://trust.json',
  ].join('\n');
  runner.info(text);
  const title = `Trust policy for ${request.repository}, ${request.scope.kind}${'name' in request.scope ? ` ${request.scope.name}` : ''}`;
  if (context.runId === '') return;
  runner.setOutput('policy', JSON.stringify(policy));
  runner.setOutput(
    'subjects',
    [policy.Statement[0].Condition.StringEquals[`${issuerOf(serverUrl)}:sub`]!].flat().join('\n'),
  );
  runner.summary(
    `### ${escapeMarkdown(title)}\n\nThe \`sub\` is ${escapeMarkdown(why)}.\n\n${codeBlock(text, 'json')}\n\n${codeBlock(commands, 'sh')}`,
  );
}

try {
  await run();
} catch (error) {
  runner.annotate('error', (error as Error).message, { title: 'trust-policy' });
  process.exitCode = 1;
}
