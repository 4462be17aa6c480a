/** What render-task-def tells in the end: outputs and report. Pure. */
import type { RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { definitionHash } from '../aws/same-definition.ts';
import type { RenderRequest } from '../inputs/render-task-def.ts';
import type { Report, ReportSection } from '../report/report.ts';
import { type Difference, renderDiff } from './diff.ts';
import { type JsonObject, objectsOf } from './json.ts';
import type { TaskDefinitionProblem } from './problem.ts';
import type { DefinitionSource } from './source.ts';

export interface Outcome {
  readonly outputs: Readonly<Record<string, string>>;
  readonly report: Omit<Report, 'events' | 'startedAt' | 'endedAt'>;
}

export function refused(
  source: Pick<DefinitionSource, 'name' | 'placeOf'>,
  problems: readonly TaskDefinitionProblem[],
): Outcome {
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
      sections: [problemTable('What has to be corrected', problems, source)],
    },
  };
}

export interface Shown {
  readonly source: string;
  /** Undefined where there is nothing to compare with: everything is new. */
  readonly comparedWith: string | undefined;
  readonly definition: JsonObject;
  readonly differences: readonly Difference[];
  readonly warnings: readonly TaskDefinitionProblem[];
  readonly path: string;
}

export function succeeded(request: RenderRequest, shown: Shown): Outcome {
  const { definition, differences, comparedWith, path, warnings } = shown;
  const family = String(definition['family']);
  const images = objectsOf(definition['containerDefinitions']).map(
    (container) => [String(container['name']), String(container['image'])] as const,
  );
  const changed = differences.length > 0;
  const hash = definitionHash(definition as unknown as RegisterTaskDefinitionRequest);
  const what =
    comparedWith === undefined
      ? `A new definition from ${shown.source}`
      : `${differences.length} ${differences.length === 1 ? 'change' : 'changes'} to ${comparedWith}`;
  const sections: ReportSection[] = [];
  if (changed) {
    const heading = comparedWith === undefined ? 'The new definition' : 'What changed';
    sections.push({ kind: 'text', heading, text: renderDiff(differences), language: 'diff' });
  }
  if (warnings.length > 0) sections.push(problemTable('What to look at', warnings, undefined));
  return {
    outputs: {
      ...(request.dryRun ? {} : { 'task-definition': path }),
      family,
      image: mainImage(request, images),
      changed: String(changed),
      hash,
    },
    report: {
      title: `Task definition ${family}`,
      outcome: request.dryRun ? 'planned' : changed ? 'rendered' : 'unchanged',
      ok: true,
      sentence: request.dryRun
        ? `${what}; nothing was written: this was a dry run.`
        : changed
          ? `${what}, written to ${path}.`
          : `Nothing differs from ${comparedWith ?? shown.source}; written to ${path}.`,
      facts: [...images.map(([name, image]) => [`Image of ${name}`, image] as const), ['Hash', hash]],
      sections,
    },
  };
}

function problemTable(
  heading: string,
  problems: readonly TaskDefinitionProblem[],
  source: Pick<DefinitionSource, 'placeOf'> | undefined,
): ReportSection {
  const whereOf = ({ pointer, place }: TaskDefinitionProblem): string => {
    const found = place ?? (pointer === '' ? undefined : source?.placeOf(pointer));
    const line = found === undefined ? '' : `${found.file}:${found.line}`;
    return [line, pointer].filter((part) => part !== '').join(' ') || '(the inputs)';
  };
  return {
    kind: 'table',
    heading,
    columns: ['where', 'what'],
    rows: problems.map((problem) => [whereOf(problem), problem.message]),
  };
}

/** The image of the container that was meant; else of the first. */
function mainImage(request: RenderRequest, images: readonly (readonly [string, string])[]): string {
  const [firstNamed] = request.images.keys();
  const wanted = request.containerName ?? firstNamed;
  return (images.find(([name]) => name === wanted) ?? images[0])?.[1] ?? '';
}
