/** render-task-def: reads a definition, resolves what needs AWS, renders, checks, and writes the file. */
import { join } from 'node:path';
import type { AwsCaller } from '../aws/caller.ts';
import { withRetries } from '../aws/retry.ts';
import type { ActionPorts, ActionResult } from '../engine/action.ts';
import type { RenderRequest } from '../inputs/render-task-def.ts';
import type { EventLevel, KitEvent } from '../report/event.ts';
import type { Report } from '../report/report.ts';
import { renderLogLine } from '../report/summary.ts';
import { ConfigurationError } from '../runner/configuration-error.ts';
import { lineOf } from './definition-text.ts';
import { type Difference, diffDefinitions, renderDiff } from './diff.ts';
import { type JsonObject, objectsOf } from './json.ts';
import { hasPlaceholders, type Place } from './placeholders.ts';
import type { TaskDefinitionProblem } from './problem.ts';
import { render } from './render.ts';
import { resolveSecrets } from './resolve-secrets.ts';
import { type DefinitionSource, readSource } from './source.ts';

export interface RenderPorts extends ActionPorts {
  /** Region of the job: AWS_REGION. Empty where it is not set. */
  readonly region: string;
  /** Relative paths mean the workspace. */
  readFile(path: string): Promise<string>;
  writeFile(path: string, text: string): Promise<void>;
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
  const source = await readSource(request.source, {
    aws,
    readFile: ports.readFile,
    signal: runner.cancelled,
  });
  note('taskdef.read', 'info', `Read ${source.name}.`);
  const secrets = await resolveSecrets(aws, request.secrets, runner.cancelled);
  const rendered = render(source.definition, {
    ...request,
    secrets: secrets.valueFrom,
    place: await findPlace(source.definition, request, ports, aws),
  });
  const problems = [...secrets.problems, ...(rendered.ok ? [] : rendered.problems)];
  const finish = async (result: Outcome): Promise<ActionResult> => {
    const report: Report = { ...result.report, events, startedAt, endedAt: clock.now() };
    if (request.reportPath !== undefined) {
      await ports.writeFile(request.reportPath, `${JSON.stringify(report, null, 2)}\n`);
    }
    return { ok: report.ok, outputs: result.outputs, report };
  };
  if (!rendered.ok || problems.length > 0) {
    annotate(problems, request, source, ports);
    for (const problem of problems) note(`taskdef.${problem.code}`, 'error', problem.message);
    return finish(refused(source, problems));
  }
  for (const notice of rendered.notices) note('taskdef.notice', 'notice', notice);
  const { definition } = rendered;
  const differences = diffDefinitions(rendered.before, definition);
  for (const { path } of differences) note('taskdef.changed', 'info', `Changed: ${path}`);
  const family = String(definition['family']);
  const path = request.outputPath ?? join(ports.context.tempDir || '.', `task-definition.${family}.json`);
  if (!request.dryRun) {
    await ports.writeFile(path, `${JSON.stringify(definition, null, 2)}\n`);
    note('taskdef.written', 'info', `Wrote ${path}.`);
  }
  return finish(succeeded(request, source, definition, differences, path));
}

interface Outcome {
  readonly outputs: Readonly<Record<string, string>>;
  readonly report: Omit<Report, 'events' | 'startedAt' | 'endedAt'>;
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

function annotate(
  problems: readonly TaskDefinitionProblem[],
  request: RenderRequest,
  source: DefinitionSource,
  ports: RenderPorts,
): void {
  for (const { message, pointer } of problems) {
    const line = source.text === undefined ? undefined : lineOf(source.text, pointer);
    ports.runner.annotate('error', pointer === '' ? message : `${pointer}: ${message}`, {
      title: 'render-task-def',
      ...(request.source.kind === 'file' ? { file: request.source.path } : {}),
      ...(line === undefined ? {} : { startLine: line }),
    });
  }
}

function refused(source: DefinitionSource, problems: readonly TaskDefinitionProblem[]): Outcome {
  const [first] = problems;
  const count = problems.length === 1 ? 'One problem' : `${problems.length} problems`;
  return {
    outputs: {},
    report: {
      title: `Task definition from ${source.name}`,
      outcome: 'refused',
      ok: false,
      sentence: `${count}; nothing was written. ${first?.message ?? ''}`.trim(),
      facts: [],
      sections: [
        {
          kind: 'table',
          heading: 'What has to be corrected',
          columns: ['where', 'what'],
          rows: problems.map((problem) => [problem.pointer || '(the inputs)', problem.message]),
        },
      ],
    },
  };
}

function succeeded(
  request: RenderRequest,
  source: DefinitionSource,
  definition: JsonObject,
  differences: readonly Difference[],
  path: string,
): Outcome {
  const family = String(definition['family']);
  const containers = objectsOf(definition['containerDefinitions']);
  const images = containers.map(
    (container) => [String(container['name']), String(container['image'])] as const,
  );
  const changed = differences.length > 0;
  const what = `${differences.length} ${differences.length === 1 ? 'change' : 'changes'} to ${source.name}`;
  return {
    outputs: {
      ...(request.dryRun ? {} : { 'task-definition': path }),
      family,
      image: mainImage(request, images),
      changed: String(changed),
    },
    report: {
      title: `Task definition ${family}`,
      outcome: request.dryRun ? 'planned' : changed ? 'rendered' : 'unchanged',
      ok: true,
      sentence: request.dryRun
        ? `${what}; nothing was written: this was a dry run.`
        : changed
          ? `${what}, written to ${path}.`
          : `Nothing differs from ${source.name}; written to ${path}.`,
      facts: images.map(([name, image]) => [`Image of ${name}`, image]),
      sections: changed
        ? [{ kind: 'text', heading: 'What changed', text: renderDiff(differences), language: 'diff' }]
        : [],
    },
  };
}

/** The image of the container that was meant; else of the first. */
function mainImage(request: RenderRequest, images: readonly (readonly [string, string])[]): string {
  const [firstNamed] = request.images.keys();
  const wanted = request.containerName ?? firstNamed;
  return (images.find(([name]) => name === wanted) ?? images[0])?.[1] ?? '';
}
