/**
 * What is on the host and has no place yet: the list that a command made there against the answers that people gave.
 * Pure.
 */
import type { Finding } from './facts.ts';

/** `file /srv/ips/uploads`, `cron nightly-report`: one a line. */
const line = /^(file|cron)[:\s]\s*(\S.*)$/i;

export function judgeInventory(found: string, localFiles: string, cronJobs: string): readonly Finding[] {
  const findings: Finding[] = [];
  const answers = { file: whats(localFiles), cron: whats(cronJobs) };
  const inputs = { file: 'local-files', cron: 'cron-jobs' } as const;
  let placed = 0;
  for (const text of linesOf(found)) {
    const parts = line.exec(text);
    if (parts === null) {
      findings.push({
        kind: 'problem',
        sentence: `The list of the host has a line that is neither "file PATH" nor "cron JOB": ${text}`,
      });
      continue;
    }
    const kind = parts[1]!.toLowerCase() as 'file' | 'cron';
    const what = parts[2]!.trim();
    if (answers[kind].some((answer) => covers(kind, answer, what))) {
      placed++;
      continue;
    }
    findings.push({
      kind: 'problem',
      sentence: `On the host there is ${kind === 'file' ? '' : 'the job '}${what}, and "${inputs[kind]}" says nothing of it.`,
    });
  }
  if (findings.length === 0) {
    findings.push({
      kind: 'good',
      sentence:
        placed === 0
          ? 'Nothing was found on the host that has to move.'
          : `All ${placed} things that were found on the host have a place.`,
    });
  }
  return findings;
}

/** A folder stands for all that is in it. */
function covers(kind: 'file' | 'cron', answer: string, what: string): boolean {
  if (answer === what) return true;
  return kind === 'file' && what.startsWith(`${answer.replace(/\/$/, '')}/`);
}

function whats(answers: string): readonly string[] {
  return linesOf(answers)
    .filter((each) => each !== 'none')
    .map((each) => each.split('=>')[0]!.trim());
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((each) => each.trim())
    .filter((each) => each !== '' && !each.startsWith('#'));
}
