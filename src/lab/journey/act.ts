/** An act of the journey: what is played, and what has to come of it. */

import type { StepResult } from './action-runner.ts';
import type { Stage } from './stage.ts';
import type { LoadCounts } from './story.ts';

/** How the example misbehaves in a version, without its numbers; its own README describes each. */
export type Behaviour =
  | 'good'
  | 'crash-at-start'
  | 'never-healthy'
  | 'errors'
  | 'slow'
  | 'hang-route'
  | 'close-connections'
  | 'one-minute-in-five';

export interface BuiltVersion {
  /** `host/repository@sha256:...` */
  readonly image: string;
  readonly taskDefinitionFile: string;
}

/** What an act may do: run the committed actions as steps of one job. */
export interface Players {
  readonly stage: Stage;
  /** Base URL at which the listener is reached from here. */
  readonly listenerUrl: string;
  step(action: string, inputs: Readonly<Record<string, string>>): Promise<StepResult>;
  /** Inputs of build-push-ecr for a version of the example; `behaviour` as the example's README spells it. */
  buildInputs(version: string, behaviour: string): Readonly<Record<string, string>>;
  renderInputs(image: string): Readonly<Record<string, string>>;
  /** Build and render in one go; fails the act where either fails. */
  release(version: string, behaviour: string): Promise<BuiltVersion>;
  /** What infrastructure code does between two jobs. */
  createFirstService(taskDefinitionFile: string): void;
  /** Handed from act to act. */
  readonly memory: Map<string, string>;
}

export interface ActResult {
  readonly outcome: string;
  readonly cause: string;
  readonly exitCode: number;
  readonly summaryMarkdown: string;
  /** The error annotation, as the user sees it; empty where there is none. */
  readonly explanation: string;
}

export interface Act {
  readonly title: string;
  readonly plot: string;
  readonly expected: {
    readonly outcomes: readonly string[];
    readonly exitCode: 0 | 1;
    /** The outcome has to name this as the cause. */
    readonly causes?: readonly string[];
    /** And its explanation has to say what really was wrong. */
    readonly saying?: RegExp;
    /** A good release harms nobody; a bad one may, until it is caught. */
    readonly harmless: boolean;
  };
  play(players: Players): Promise<ActResult>;
}

/** Empty when all is as expected, else what is not. Pure. */
export function complaints(
  expected: Act['expected'],
  result: ActResult,
  load: LoadCounts,
): readonly string[] {
  const wrong: string[] = [];
  if (!expected.outcomes.includes(result.outcome)) {
    wrong.push(`the outcome is ${result.outcome || '(none)'}, expected ${expected.outcomes.join(' or ')}`);
  }
  if (result.exitCode !== expected.exitCode)
    wrong.push(`exit code ${result.exitCode}, expected ${expected.exitCode}`);
  if (expected.causes !== undefined && !expected.causes.includes(result.cause)) {
    wrong.push(`the cause is ${result.cause || '(none)'}, expected ${expected.causes.join(' or ')}`);
  }
  if (expected.saying !== undefined && !expected.saying.test(result.explanation)) {
    wrong.push(`the explanation does not say ${expected.saying.source}: ${result.explanation || '(none)'}`);
  }
  if (expected.harmless && load.harmed > 0) wrong.push(`${load.harmed} requests were harmed`);
  if (expected.harmless && load.dropped > 0) wrong.push(`${load.dropped} requests were dropped`);
  return wrong;
}

/** The step that decides an act, as its result. */
export function resultOf(step: StepResult): ActResult {
  return {
    outcome: step.outputs['outcome'] ?? '',
    cause: step.outputs['cause'] ?? '',
    exitCode: step.exitCode,
    summaryMarkdown: step.summaryMarkdown,
    explanation: step.annotations
      .filter((annotation) => annotation.level === 'error')
      .map((annotation) => annotation.message)
      .join(' '),
  };
}
