/** The result of one action as data; `summary.ts` and others render it. */
import type { KitEvent } from './event.ts';

export interface Report {
  /** `Rolling deploy of ips-api-service` */
  readonly title: string;
  readonly outcome: string;
  readonly ok: boolean;
  /** One sentence: what is now true, and why. */
  readonly sentence: string;
  /** What the reader should do next; absent when there is nothing to do. */
  readonly remedy?: string;
  /** For a person's shell, where that is the way: lines to paste, comments among them. Hold no secret. */
  readonly commands?: readonly string[];
  /** Path and anchor of the document that says more, inside of the kit's repository. */
  readonly docs?: string;
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly events: readonly KitEvent[];
  readonly sections: readonly ReportSection[];
  readonly startedAt: number;
  readonly endedAt: number;
}

/** What to do, for a place without Markdown: the remedy and, a line each, its commands. */
export function instructionsOf({ remedy, commands = [] }: Pick<Report, 'remedy' | 'commands'>): string {
  return [remedy ?? '', ...commands].filter(Boolean).join('\n');
}

export type ReportSection =
  | {
      readonly kind: 'table';
      readonly heading: string;
      readonly columns: readonly string[];
      readonly rows: readonly (readonly string[])[];
      /** Shown closed: there for whoever wants to look. */
      readonly folded?: boolean;
    }
  /** Preformatted text (log lines, a diff, a drawing); untrusted unless made here. */
  | { readonly kind: 'text'; readonly heading: string; readonly text: string; readonly language?: string };
