/**
 * What every action's entry does: read the inputs, answer bad ones at once, then load the rest and run.
 * Only the parser of the inputs is loaded up front: an invalid input is answered before AWS code is read.
 */

import type { Announcer } from '../announce/announcer.ts';
import type { Subject } from '../announce/notice.ts';
import type { ServiceClients } from '../aws/sdk/sender.ts';
import type { ActionPorts, ActionResult } from '../engine/action.ts';
import { readRawInputs, readRunContext } from '../inputs/environment.ts';
import type { ParseResult, RawInputs } from '../inputs/parse.ts';
import type { Environment } from '../runner/context.ts';
import { createRunner } from '../runner/runner.ts';
import { tellBadInputs } from './bad-inputs.ts';
import { docsBase } from './docs-base.ts';

/** What an entry gets on top: for the files that it writes. */
export interface EntryPorts extends ActionPorts {
  /** Takes out every value that was masked. */
  redact(text: string): string;
}

export interface ActionDefinition<Request> {
  readonly name: string;
  readonly inputNames: readonly string[];
  parse(raw: RawInputs): ParseResult<Request>;
  /** Besides those that every action has. */
  readonly clients?: ServiceClients;
  /** Loads the code that does the work. No result: a post step that had nothing to do. */
  load(): Promise<(request: Request, ports: EntryPorts) => Promise<ActionResult | undefined>>;
  /** ARN of the role that the run assumes by itself; undefined: the environment's credentials. */
  roleOf?(request: Request): string | undefined;
  /** What a run is about: where it went back, the output `issue` tells of it. */
  subjectOf?(request: Request): Subject;
  /** It has the outcome `refused`, with its cause as an output. */
  readonly refuses?: boolean;
  /** Loads who tells others of the run; undefined where nobody is to be told. */
  announce?(request: Request, ports: AnnouncePorts): Promise<Announcer | undefined>;
}

export type AnnouncePorts = EntryPorts & { readonly docsBase: string | undefined };

export async function runAction<Request>(
  definition: ActionDefinition<Request>,
  environment: Environment = process.env,
): Promise<void> {
  // Whoever read the log may be gone (EPIPE): that must not end a deployment half way.
  process.stdout.on('error', () => undefined);
  const write = (text: string): void => {
    process.stdout.write(text);
  };
  const runner = createRunner(environment, write);
  const parsed = definition.parse(readRawInputs(environment, definition.inputNames));
  if (!parsed.ok) {
    tellBadInputs(runner, definition.name, parsed.problems, definition.refuses);
    process.exitCode = 1;
    return;
  }
  let announcer: Announcer | undefined;
  try {
    const [execute, { createSdkCaller }, { systemClock }, { publish }] = await Promise.all([
      definition.load(),
      import('../aws/sdk/caller.ts'),
      import('../runner/clock.ts'),
      import('./publish.ts'),
    ]);
    const context = readRunContext(environment);
    const role = definition.roleOf?.(parsed.request);
    const own =
      role === undefined
        ? {}
        : {
            credentials: await (await import('./role.ts')).credentialsOf(role, context, runner, environment),
          };
    const ports: EntryPorts = {
      aws: createSdkCaller(own, definition.clients),
      runner,
      clock: systemClock,
      random: Math.random,
      context,
      redact: runner.redact,
    };
    const base = docsBase(environment);
    announcer = await definition.announce?.(parsed.request, { ...ports, docsBase: base });
    announcer?.begin();
    const onEvent = announcer?.onEvent;
    const result = await execute(parsed.request, onEvent === undefined ? ports : { ...ports, onEvent });
    if (result === undefined) return;
    const subject = definition.subjectOf?.(parsed.request);
    const told =
      subject === undefined
        ? result
        : await (await import('./issue-output.ts')).withIssue(result, subject, ports, base);
    const published = publish(told, runner, base);
    process.exitCode = result.ok && published ? 0 : 1;
    await announcer?.end({ kind: 'result', result });
  } catch (error) {
    const { tellFailure } = await import('./publish.ts');
    const failure = tellFailure(error, definition, runner);
    process.exitCode = 1;
    await announcer?.end({ kind: 'broken', message: `${failure.title}: ${failure.message}` });
  }
}
