/** The candidates as people and programs read them. Pure. */
import type { Json } from '../report/event.ts';
import type { ReportSection } from '../report/report.ts';
import { type Candidate, day } from './candidates.ts';
import { nameOf } from './history.ts';
import { tagOf } from './match.ts';
import { describeUsability, type Usability } from './usable.ts';

export interface Listed {
  readonly candidates: readonly Candidate[];
  readonly usability: ReadonlyMap<string, Usability>;
  /** Undefined: nothing was chosen. */
  readonly chosenArn: string | undefined;
}

const columns = ['revision', 'since', 'verdict', 'commit', 'ref', 'image', 'state'] as const;

export function candidateSection(listed: Listed): ReportSection {
  return {
    kind: 'table',
    heading: 'Revisions to go back to',
    columns: [...columns],
    rows: listed.candidates.map((each) => rowOf(each, listed)),
  };
}

/** The same as lines of a log, in columns. */
export function candidateLines(listed: Listed): readonly string[] {
  const rows = [[...columns], ...listed.candidates.map((each) => rowOf(each, listed))];
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** For outputs and the report: one object each, newest first. */
export function candidateJson(listed: Listed): readonly { readonly [key: string]: Json }[] {
  return listed.candidates.map((each) => {
    const usability = listed.usability.get(each.taskDefinitionArn);
    return {
      revision: nameOf(each.taskDefinitionArn),
      'task-definition-arn': each.taskDefinitionArn,
      since: each.since === undefined ? null : new Date(each.since).toISOString(),
      verdict: each.verdict,
      current: each.current,
      commit: each.marks.commit ?? null,
      ref: each.marks.ref ?? null,
      run: each.marks.run ?? null,
      schema: each.marks.schema ?? null,
      images: each.images.map(({ image, digest }) => ({ image, digest: digest ?? null })),
      usable: usability === undefined ? null : usability.usable,
      why: stateOf(each, listed),
    };
  });
}

function rowOf(candidate: Candidate, listed: Listed): readonly string[] {
  const { marks, images } = candidate;
  return [
    nameOf(candidate.taskDefinitionArn),
    candidate.since === undefined ? '' : day(candidate.since),
    candidate.verdict,
    marks.commit?.slice(0, 7) ?? '',
    marks.ref?.replace(/^refs\/(tags|heads)\//, '') ?? '',
    images.map(({ image, digest }) => tagOf(image) ?? digest?.slice(7, 19) ?? image).join(', '),
    stateOf(candidate, listed),
  ];
}

function stateOf(candidate: Candidate, { usability, chosenArn }: Listed): string {
  const looked = usability.get(candidate.taskDefinitionArn);
  const parts = [
    candidate.taskDefinitionArn === chosenArn ? 'chosen' : candidate.current ? 'serves now' : '',
    candidate.why,
    candidate.marks.schema === 'breaking' ? 'breaking schema change' : '',
    looked === undefined
      ? ''
      : looked.usable
        ? describeUsability(looked)
        : `not usable: ${describeUsability(looked)}`,
  ];
  return parts.filter((each) => each !== '').join('; ');
}
