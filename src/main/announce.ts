/** The announcer of a run, from what was asked for and the job that it runs in. */
import { type Announcer, createAnnouncer } from '../announce/announcer.ts';
import type { Subject } from '../announce/notice.ts';
import type { Receiver } from '../announce/queue.ts';
import { topic } from '../announce/topic.ts';
import { webhook } from '../announce/webhook.ts';
import type { AnnounceRequest } from '../inputs/announce-fields.ts';
import { createGitHubApi } from '../runner/github-api.ts';
import type { EntryPorts } from './action.ts';

export function announcerOf(
  request: AnnounceRequest,
  subject: Subject,
  ports: EntryPorts & { readonly docsBase: string | undefined },
  afterJob = false,
): Announcer {
  const { runner, clock, context, redact, docsBase } = ports;
  // The address of a webhook is a secret of many receivers.
  for (const secret of [request.githubToken, request.webhook?.url, request.webhook?.secret])
    if (secret !== undefined) runner.mask(secret);
  const receivers: Receiver[] = [];
  if (request.topic !== undefined) {
    const name = `the topic ${request.topic.split(':').at(-1)}`;
    receivers.push({ name, deliver: topic(request.topic, ports) });
  }
  if (request.webhook !== undefined)
    receivers.push({ name: 'the webhook', deliver: webhook(request.webhook, ports) });
  const { apiUrl, repository } = context;
  const github = (over: AbortSignal) =>
    createGitHubApi({ apiUrl, repository, token: request.githubToken, clock }, over);
  return createAnnouncer(request, subject, {
    runner,
    clock,
    context,
    docsBase,
    redact,
    receivers,
    github,
    afterJob,
  });
}
