/** render-task-def: reads a definition, resolves what needs AWS, renders, checks, and writes the file. */
import { join } from 'node:path';
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { withRetries } from '../aws/retry.ts';
import type { ActionPorts, ActionResult } from '../engine/action.ts';
import type { RenderRequest } from '../inputs/render-task-def.ts';
import type { EventLevel, KitEvent } from '../report/event.ts';
import type { Report } from '../report/report.ts';
import { renderLogLine } from '../report/summary.ts';
import { ConfigurationError } from '../runner/configuration-error.ts';
import type { GitHubApi } from '../runner/github-api.ts';
import { checkAgainstService } from './against-service.ts';
import { comment } from './comment.ts';
import { diffDefinitions, renderDiff } from './diff.ts';
import type { JsonObject } from './json.ts';
import { lookUp } from './look-up.ts';
import { normalise } from './normalise.ts';
import { type Outcome, refused, type Shown, succeeded } from './outcome.ts';
import { hasPlaceholders, type Place } from './placeholders.ts';
import type { TaskDefinitionProblem } from './problem.ts';
import { type Rendered, render } from './render.ts';
import { secretsWanted, wantedChanges, withSecrets } from './request-changes.ts';
import { resolveSecrets } from './resolve-secrets.ts';
import { type DefinitionSource, readRegistered, readService, readSource } from './source.ts';
import { findPlainSecrets } from './suspicious.ts';

export interface RenderPorts extends ActionPorts {
  /** Region of the job: AWS_REGION. Empty where it is not set. */
  readonly region: string;
  /** The job's environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Relative paths mean the workspace. */
  readFile(path: string): Promise<string>;
  writeFile(path: string, text: string): Promise<void>;
  /** GitHub's API as whoever has the token; the token is never shown from then on. */
  github(token: string): GitHubApi;
  /** Takes out every value that was masked: for reports, never for definitions. */
  redact?(text: string): string;
}

export async function renderTaskDefinition(
  request: RenderRequest,
  ports: RenderPorts,
): Promise<ActionResult> {
  const { runner, clock } = ports;
  const aws = withRetries(ports.aws, ports);
  const startedAt = clock.now();
  const events: KitEvent[] = [];
  const note = (code: string, level: EventLevel, message: string): void => {
    const event = { at: clock.now(), code, level, message };
    events.push(event);
    runner.info(renderLogLine(event, startedAt));
  };
  const sourcePorts = { ...ports, aws, signal: runner.cancelled };
  const source = await readSource(request.source, request.family, sourcePorts);
  note('taskdef.read', 'info', `Read ${source.name}.`);
  const running = await readRunning(request, source, sourcePorts);
  const wanted = wantedChanges(request);
  const secrets = await resolveSecrets(aws, secretsWanted(wanted.changes), runner.cancelled);
  const changes = withSecrets(wanted.changes, secrets.valueFrom);
  const isEmpty = Object.keys(source.definition).length === 0 && source.problems.length > 0;
  const asGiven = isEmpty ? nothingRendered : render(source.definition, changes);
  const place = await findPlace(asGiven.definition, request, ports, aws);
  const rendered = place === undefined ? asGiven : render(source.definition, changes, place);
  const { definition } = rendered;
  const service =
    running === undefined || isEmpty
      ? { problems: [], warnings: [] }
      : checkAgainstService(definition, running.service);
  const plain = request.plainSecrets === 'allow' ? [] : findPlainSecrets(definition);
  const looked = isEmpty ? { problems: [], unchecked: [] } : await lookAtAws(request, definition, ports, aws);
  const problems = [
    ...source.problems,
    ...wanted.problems,
    ...secrets.problems,
    ...rendered.problems,
    ...service.problems,
    ...(request.plainSecrets === 'refuse' ? plain : []),
    ...looked.problems,
  ];
  const warnings = [...service.warnings, ...(request.plainSecrets === 'warn' ? plain : [])];
  const finish = async (outcome: Outcome): Promise<ActionResult> => {
    const report: Report = { ...outcome.report, events, startedAt, endedAt: clock.now() };
    if (request.reportPath !== undefined) {
      const text = `${JSON.stringify(report, null, 2)}\n`;
      await ports.writeFile(request.reportPath, ports.redact?.(text) ?? text);
    }
    return { ok: report.ok, outputs: outcome.outputs, report };
  };
  for (const notice of [...source.notices, ...rendered.notices]) note('taskdef.notice', 'notice', notice);
  for (const what of looked.unchecked) note('taskdef.unchecked', 'notice', what);
  for (const warning of warnings) {
    note(`taskdef.${warning.code}`, 'warning', warning.message);
    annotate('warning', warning, source, ports);
  }
  if (problems.length > 0) {
    for (const problem of problems) {
      annotate('error', problem, source, ports);
      note(`taskdef.${problem.code}`, 'error', problem.message);
    }
    return finish(refused(source, problems));
  }
  const before = running?.definition ?? (request.source.kind === 'compose' ? undefined : rendered.before);
  const differences = diffDefinitions(before ?? {}, definition);
  const shownDiff = renderDiff(differences);
  if (shownDiff !== '') runner.group(`What changes, against ${running?.name ?? source.name}`, [shownDiff]);
  const path =
    request.outputPath ??
    join(ports.context.tempDir || '.', `task-definition.${String(definition['family'])}.json`);
  if (!request.dryRun) {
    await ports.writeFile(path, `${JSON.stringify(definition, null, 2)}\n`);
    note('taskdef.written', 'info', `Wrote ${path}.`);
  }
  const shown: Shown = {
    source: source.name,
    comparedWith: before === undefined ? undefined : (running?.name ?? source.name),
    definition,
    differences,
    warnings,
    path,
  };
  const outcome = succeeded(request, shown);
  if (request.comment) {
    const github = ports.github(request.githubToken ?? '');
    const { ok, sentence } = await comment(github, ports.context, {
      family: String(definition['family']),
      sentence: outcome.report.sentence,
      diff: shownDiff,
      warnings: warnings.map((warning) => warning.message),
    });
    note('taskdef.comment', ok ? 'info' : 'notice', sentence);
  }
  return finish(outcome);
}

const nothingRendered: Rendered = { ok: false, before: {}, definition: {}, notices: [], problems: [] };

interface Running {
  /** `ips-api-task:7` */
  readonly name: string;
  /** Without what ECS only puts out. */
  readonly definition: JsonObject;
  readonly service: Awaited<ReturnType<typeof readService>>;
}

/** What the service runs now; undefined where no service was named. */
async function readRunning(
  request: RenderRequest,
  source: DefinitionSource,
  ports: Parameters<typeof readSource>[2],
): Promise<Running | undefined> {
  if (request.service === undefined) return undefined;
  const service = await readService(request.service, ports);
  const registered =
    request.source.kind === 'service' ? source : await readRegistered(service.taskDefinitionArn, ports);
  return { name: registered.name, definition: normalise(registered.definition).definition, service };
}

/** Only where a placeholder stands: the account is asked of STS unless it was given. */
async function findPlace(
  definition: JsonObject,
  request: RenderRequest,
  ports: RenderPorts,
  aws: AwsCaller,
): Promise<Place | undefined> {
  if (!hasPlaceholders(definition)) return undefined;
  if (ports.region === '') {
    throw new ConfigurationError(
      'region-missing',
      'The definition has placeholders for account and region, and this job has no AWS_REGION to fill them in.',
    );
  }
  const accountId =
    request.accountId ?? (await aws.call('sts:GetCallerIdentity', {}, ports.runner.cancelled)).Account;
  if (accountId === undefined) throw new Error('sts:GetCallerIdentity answered without an account.');
  return { accountId, region: ports.region };
}

const credentialVariables = [
  'AWS_ACCESS_KEY_ID',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_PROFILE',
];

/** `auto` looks where the job has credentials, and takes no refusal of AWS for more than "not looked up". */
async function lookAtAws(
  request: RenderRequest,
  definition: JsonObject,
  ports: RenderPorts,
  aws: AwsCaller,
): Promise<{ readonly problems: readonly TaskDefinitionProblem[]; readonly unchecked: readonly string[] }> {
  const hasCredentials = credentialVariables.some((name) => (ports.environment[name] ?? '') !== '');
  const isWanted = request.checkAws === 'true' || (request.checkAws === 'auto' && hasCredentials);
  if (!isWanted || ports.region === '') return { problems: [], unchecked: [] };
  try {
    return await lookUp(aws, definition, ports.region, ports.runner.cancelled);
  } catch (error) {
    if (request.checkAws === 'true' || !(error instanceof AwsCallError)) throw error;
    const what = 'Images, secrets, log groups and roles were not looked up';
    return { problems: [], unchecked: [`${what}: ${error.operation}: ${error.reason}`] };
  }
}

function annotate(
  level: 'warning' | 'error',
  { message, pointer, place }: TaskDefinitionProblem,
  source: DefinitionSource,
  ports: RenderPorts,
): void {
  const found = place ?? (pointer === '' ? undefined : source.placeOf(pointer));
  ports.runner.annotate(level, pointer === '' ? message : `${pointer}: ${message}`, {
    title: 'render-task-def',
    ...(found === undefined ? {} : { file: found.file, startLine: found.line }),
  });
}
