/**
 * act ends a run where a called workflow fails, GitHub goes on with the jobs that say always(): in a flat workflow the
 * only job of a part stands where the part is called, with what the caller gives in the place of its inputs.
 */
import { parse, stringify } from 'yaml';

interface Job {
  readonly uses?: string;
  readonly needs?: unknown;
  readonly if?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly outputs?: unknown;
}

/** `part`: its text by its name, undefined where it is none. */
export function flattened(text: string, part: (name: string) => string | undefined): string {
  const workflow = parse(text) as { readonly jobs: Readonly<Record<string, Job>> };
  const jobs = Object.entries(workflow.jobs).map(([id, job]) => {
    const name = /\/\.github\/workflows\/([a-z-]+)\.yml(?:@|$)/.exec(job.uses ?? '')?.[1];
    const called = name === undefined ? undefined : part(name);
    return [id, called === undefined ? job : inPlace(job, called)];
  });
  return stringify({ ...workflow, jobs: Object.fromEntries(jobs) }, { lineWidth: 0 });
}

function inPlace(job: Job, called: string): Job {
  const given = Object.entries(job.with ?? {}).reduce((body, [input, value]) => {
    const inside = /^\$\{\{ (.*) \}\}$/.exec(String(value))?.[1];
    if (inside === undefined) throw new Error(`Input ${input} is no expression: ${String(value)}`);
    return body.replaceAll(new RegExp(`\\binputs\\.${input}\\b(?!-)`, 'g'), inside);
  }, called);
  const bodies = Object.values((parse(given) as { readonly jobs: Readonly<Record<string, Job>> }).jobs);
  if (bodies.length !== 1) throw new Error(`One job is expected, there are ${bodies.length}.`);
  const bare = (condition = 'success()'): string => condition.replace(/^\$\{\{ (.*) \}\}$/, '$1');
  const [body] = bodies;
  return { ...body, needs: job.needs, if: `(${bare(job.if)}) && (${bare(body!.if)})` };
}
