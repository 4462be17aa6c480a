/** A notice for people: the mail of a topic, its subject, and what filters of subscriptions see. Pure. */
import { type Notice, titleOf } from './notice.ts';

/**
 * ASCII on one line, fewer than 100 characters, begun by a letter.
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
export function subjectOf(notice: Notice): string {
  const end = notice.kind === 'ended' ? notice.outcome : notice.kind === 'started' ? 'started' : notice.code;
  const mark = notice.kind === 'ended' && !notice.ok ? 'FAILED: ' : '';
  return `${mark}${titleOf(notice)}: ${end}`.replace(/[^ -~]+/g, '?').slice(0, 99);
}

export function mailOf(notice: Notice): string {
  const { run } = notice;
  const facts: readonly (readonly [string, string])[] = [
    ['What', titleOf(notice)],
    ['Cluster', notice.cluster ?? ''],
    ['Environment', notice.environment ?? ''],
    ...(notice.kind === 'ended'
      ? ([
          ['Outcome', notice.outcome],
          ['Cause', notice.cause],
          ['Took', `${notice.durationSeconds} s`],
        ] as const)
      : []),
    ['Commit', run.sha === '' ? '' : `${run.sha.slice(0, 12)} (${run.ref})`],
    ['By', run.actor],
    ['Run', run.url],
    ['At', notice.at],
  ];
  const remedy = notice.kind === 'ended' && notice.remedy !== '' ? ['', `What to do: ${notice.remedy}`] : [];
  const lines = facts.filter(([, value]) => value !== '').map(([name, value]) => `${name}: ${value}`);
  return [notice.message, ...remedy, '', ...lines, ''].join('\n');
}

/** Names and values for filter policies of subscriptions: those who want failures only subscribe to these. */
export function attributesOf(notice: Notice): Readonly<Record<string, string>> {
  return {
    kind: notice.kind,
    action: notice.action,
    ...(notice.kind === 'ended' ? { outcome: notice.outcome, ok: String(notice.ok) } : {}),
    ...(notice.kind === 'decision' ? { code: notice.code, level: notice.level } : {}),
    ...(notice.environment === null ? {} : { environment: notice.environment }),
  };
}
