/**
 * Answers of reads, kept while nothing changes: whoever waits asks the same again and again. The answers are
 * frozen, since several callers get the same one.
 */
import { freezeData, sameData } from './plain-data.ts';

/** Reads that depend on the state alone: not on who asks, and on the time only as far as `longestMs`. */
const remembered: ReadonlySet<string> = new Set([
  'ecs:DescribeServices',
  'ecs:DescribeServiceDeployments',
  'ecs:DescribeServiceRevisions',
  'ecs:DescribeTaskDefinition',
  'ecs:DescribeTasks',
  'ecs:ListServices',
  'ecs:ListTasks',
  'elasticloadbalancing:DescribeListeners',
  'elasticloadbalancing:DescribeLoadBalancers',
  'elasticloadbalancing:DescribeRules',
  'elasticloadbalancing:DescribeTags',
  'elasticloadbalancing:DescribeTargetGroupAttributes',
  'elasticloadbalancing:DescribeTargetGroups',
  'elasticloadbalancing:DescribeTargetHealth',
]);

/** Stopped tasks are shown for "at least" an hour, service deployments for 90 days: a minute more is no lie. */
const longestMs = 60_000;
/** Different inputs of one operation; the oldest goes first. */
const mostInputs = 8;

interface Remembered {
  readonly input: unknown;
  readonly output: unknown;
  readonly changes: number;
  readonly at: number;
}

export class RememberedReads {
  readonly #now: { readonly now: number; readonly changes: number };
  readonly #byOperation = new Map<string, Remembered[]>();

  /** `changes` counts everything that may have changed the state. */
  constructor(now: { readonly now: number; readonly changes: number }) {
    this.#now = now;
  }

  /** @param name `service:Operation` */
  answer(name: string, input: unknown, run: () => unknown): unknown {
    if (!remembered.has(name)) return run();
    const { now, changes } = this.#now;
    let known = this.#byOperation.get(name);
    if (known === undefined) {
      known = [];
      this.#byOperation.set(name, known);
    }
    for (let index = 0; index < known.length; index++) {
      const each = known[index]!;
      if (!sameData(each.input, input)) continue;
      if (each.changes === changes && now - each.at < longestMs) return each.output;
      known.splice(index, 1);
      break;
    }
    const output = freezeData(run());
    if (known.length >= mostInputs) known.shift();
    known.push({ input, output, changes, at: now });
    return output;
  }
}
