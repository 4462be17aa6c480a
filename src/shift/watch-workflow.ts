/** Whether a workflow file watches over a shift that rests. Pure. */
import { parse } from 'yaml';
import type { ForwardLocation } from '../aws/elb-forward.ts';

/** What the action does about a rest when it is run again: looks at it, or ends it. `resume` would go on with it. */
const orders = ['judge', 'rollback-only'];

/** Undefined where it does; else what is missing. `location`: the rule or listener whose weights are to rest. */
export function notWatching(text: string, location: ForwardLocation): string | undefined {
  let workflow: unknown;
  try {
    workflow = parse(text);
  } catch (error) {
    return `is no YAML (${(error as Error).message.split('\n')[0]})`;
  }
  const schedules = member(member(workflow, 'on'), 'schedule');
  const isScheduled =
    Array.isArray(schedules) && schedules.some((each) => textOf(member(each, 'cron')) !== '');
  if (!isScheduled) return 'is not scheduled';
  const uses = usesOf(workflow).filter(isWatch);
  if (uses.length === 0) {
    return `neither calls this kit's watch.yml nor runs blue-green-shift with on-interrupted: ${orders.join(' or ')}`;
  }
  return uses.some((each) => mayBeOf(each, location)) ? undefined : 'watches another rule';
}

interface Use {
  readonly uses: string;
  readonly inputs: unknown;
}

/** Called workflows, and actions of steps. */
function usesOf(workflow: unknown): readonly Use[] {
  const jobs = member(workflow, 'jobs');
  return Object.values(typeof jobs === 'object' && jobs !== null ? jobs : {}).flatMap((job: unknown) => {
    const steps = member(job, 'steps');
    return [job, ...(Array.isArray(steps) ? steps : [])].map((each: unknown) => ({
      uses: textOf(member(each, 'uses')),
      inputs: member(each, 'with'),
    }));
  });
}

/** The kit may have been copied under another name: its parts are known by theirs. */
function isWatch({ uses, inputs }: Use): boolean {
  const path = uses.replace(/@[^@]*$/, '');
  if (/(^|\/)\.github\/workflows\/watch\.yml$/.test(path)) return placesOf(inputs).length > 0;
  return /(^|\/)blue-green-shift$/.test(path) && orders.includes(textOf(member(inputs, 'on-interrupted')));
}

/** An expression is taken on trust; an ARN that is written out has to be the one. */
function mayBeOf({ inputs }: Use, location: ForwardLocation): boolean {
  const ours = location.kind === 'rule' ? location.ruleArn : location.listenerArn;
  return placesOf(inputs).some((place) => !place.startsWith('arn:') || place === ours);
}

function placesOf(inputs: unknown): readonly string[] {
  return ['listener-arn', 'listener-rule-arn']
    .map((name) => textOf(member(inputs, name)))
    .filter((place) => place !== '');
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}
