/**
 * Answers of reads, kept while nothing changes: whoever waits asks the same again and again. Several callers get
 * the same one, which is nobody's to change (test/simulation/answers.test.ts).
 */

import { ecsOnly, type Part } from './parts.ts';
import { copyData, sameData } from './plain-data.ts';

const forwarding: readonly Part[] = ['forwarding'];

/**
 * Reads that depend on parts of the state alone: not on who asks, and on the time only as far as `longestMs`.
 * By `service:Operation`.
 */
const remembered: ReadonlyMap<string, readonly Part[]> = new Map<string, readonly Part[]>([
  ['cloudwatch:DescribeAlarms', ['alarms']],
  ['ecs:DescribeServices', ecsOnly],
  ['ecs:DescribeServiceDeployments', ecsOnly],
  ['ecs:DescribeServiceRevisions', ecsOnly],
  ['ecs:DescribeTaskDefinition', ecsOnly],
  ['ecs:DescribeTasks', ecsOnly],
  ['ecs:ListServices', ecsOnly],
  ['ecs:ListTasks', ecsOnly],
  ['elasticloadbalancing:DescribeListeners', forwarding],
  ['elasticloadbalancing:DescribeLoadBalancers', forwarding],
  ['elasticloadbalancing:DescribeRules', forwarding],
  ['elasticloadbalancing:DescribeTags', ['tags']],
  ['elasticloadbalancing:DescribeTargetGroupAttributes', forwarding],
  ['elasticloadbalancing:DescribeTargetGroups', forwarding],
  ['elasticloadbalancing:DescribeTargetHealth', ['forwarding', 'targets']],
]);

/** The parts a read is answered from; undefined where it is asked each time. */
export function partsRead(name: string): readonly Part[] | undefined {
  return remembered.get(name);
}

/** Stopped tasks are shown for "at least" an hour, service deployments for 90 days: a minute more is no lie. */
const longestMs = 60_000;
/** Different inputs of one operation; the oldest goes first. */
const mostInputs = 8;

interface Remembered {
  readonly input: unknown;
  readonly output: unknown;
  readonly version: number;
  readonly at: number;
}

/** What tells whether something has changed: the kernel. */
export interface Versions {
  readonly now: number;
  versionOf(parts: readonly Part[]): number;
}

export class RememberedReads {
  readonly #versions: Versions;
  readonly #byOperation = new Map<string, Remembered[]>();

  constructor(versions: Versions) {
    this.#versions = versions;
  }

  /**
   * @param name `service:Operation`
   * @param parts of the state that it is answered from
   * @param run answers a copy of the input: what the caller does with his own later is his affair
   */
  answer<I>(name: string, parts: readonly Part[], input: I, run: (input: I) => unknown): unknown {
    const { now } = this.#versions;
    const version = this.#versions.versionOf(parts);
    let known = this.#byOperation.get(name);
    if (known === undefined) {
      known = [];
      this.#byOperation.set(name, known);
    }
    for (let index = 0; index < known.length; index++) {
      const each = known[index]!;
      if (!sameData(each.input, input)) continue;
      if (each.version === version && now - each.at < longestMs) return each.output;
      known.splice(index, 1);
      break;
    }
    const own = copyData(input);
    const output = run(own);
    if (known.length >= mostInputs) known.shift();
    known.push({ input: own, output, version, at: now });
    return output;
  }
}
