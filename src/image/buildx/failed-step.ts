/** Which step of a Dockerfile failed, from what buildx printed of it with `--progress=plain`. Pure. */
import { readInstructions } from '../dockerfile/instructions.ts';

export interface FailedStep {
  /** As BuildKit names it, without its place in the stage: `RUN make`, `load metadata for docker.io/library/node:24`. */
  readonly name: string;
  /** What it wrote, without the times. */
  readonly output: readonly string[];
}

const rule = /^-{6,}$/;

/** The block between two rules whose first line is ` > [2/3] RUN make:`; the last one counts. */
export function failedStep(lines: readonly string[]): FailedStep | undefined {
  const begin = lines.findLastIndex(
    (line, index) => line.startsWith(' > ') && rule.test(lines[index - 1] ?? ''),
  );
  if (begin < 0) return undefined;
  const rest = lines.slice(begin + 1);
  const end = rest.findIndex((line) => rule.test(line));
  return {
    name: lines[begin]!.slice(3)
      .replace(/:$/, '')
      .replace(/^\[[^\]]*\] /, ''),
    output: rest.slice(0, Math.max(0, end)).map((line) => line.replace(/^\d+\.\d+ /, '')),
  };
}

/**
 * The line of the Dockerfile: as BuildKit prints it above the excerpt, else (BuildKit of the older engines) the
 * only instruction that reads like the step that failed.
 */
export function failedLine(
  lines: readonly string[],
  step: FailedStep | undefined,
  dockerfile: string,
): number | undefined {
  const excerpt = lines.findLastIndex(
    (line, index) => /^\S+:\d+$/.test(line) && rule.test(lines[index + 1] ?? ''),
  );
  if (excerpt >= 0) return Number(/\d+$/.exec(lines[excerpt]!)![0]);
  if (step === undefined) return undefined;
  const base = /^(?:load metadata for|FROM) (\S+?)(?:@sha256:\w+)?$/.exec(step.name)?.[1];
  const fits = instructionsOf(dockerfile).filter(({ name, rest }) =>
    base === undefined
      ? words(`${name} ${rest}`) === words(step.name)
      : name === 'FROM' && isShortFor(rest.split(/\s+/).find((word) => !word.startsWith('--')) ?? '', base),
  );
  return fits.length === 1 ? fits[0]!.line : undefined;
}

/** Whether `node:24` is what BuildKit calls `docker.io/library/node:24`. */
function isShortFor(given: string, full: string): boolean {
  return [given, `${given}:latest`].some(
    (name) =>
      full === name ||
      (/^docker\.io\/(?:library\/)?$/.test(full.slice(0, -name.length)) && full.endsWith(name)),
  );
}

function instructionsOf(dockerfile: string) {
  try {
    return readInstructions(dockerfile).instructions;
  } catch {
    // Here-documents are more than this reader knows.
    return [];
  }
}

function words(text: string): string {
  return text.trim().split(/\s+/).join(' ');
}
