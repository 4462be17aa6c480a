/** Entry of the cutover-check action: it asks name servers and the service itself, and no AWS. */
import { getServers } from 'node:dns';
import { type DnsServer, fields, parseCutoverCheck } from '../inputs/cutover-check.ts';
import { readRawInputs } from '../inputs/environment.ts';
import { escapeMarkdown } from '../report/markdown.ts';
import { createRunner } from '../runner/runner.ts';
import { tellBadInputs } from './bad-inputs.ts';

const runner = createRunner(process.env, (text) => void process.stdout.write(text));
const marks = { good: '✅', note: 'ℹ️', problem: '❌' } as const;

/** `192.0.2.53`, or with a port where it is another one. */
function systemServers(): readonly DnsServer[] {
  return getServers().map((server) => {
    const [, bracketed, port] = /^\[(.+)\](?::(\d+))?$/.exec(server) ?? [];
    const [, plain, plainPort] = /^([0-9.]+)(?::(\d+))?$/.exec(server) ?? [];
    return { address: bracketed ?? plain ?? server, port: Number(port ?? plainPort ?? 53) };
  });
}

async function run(): Promise<boolean> {
  const parsed = parseCutoverCheck(readRawInputs(process.env, Object.keys(fields)));
  if (!parsed.ok) {
    tellBadInputs(runner, 'cutover-check', parsed.problems);
    return false;
  }
  const { request } = parsed;
  const [{ lookAtEntrance }, { judgeEntrance }, { askDns }, { httpGet }] = await Promise.all([
    import('../cutover/look.ts'),
    import('../cutover/judge-entrance.ts'),
    import('../cutover/ask-dns.ts'),
    import('../cutover/http-get.ts'),
  ]);
  const facts = await lookAtEntrance(request, { askDns, httpGet, systemServers, random: Math.random });
  const findings = judgeEntrance(request, facts, Date.now());
  const problems = findings.filter(({ kind }) => kind === 'problem');
  for (const { kind, sentence } of findings) {
    if (kind === 'problem') runner.annotate('error', sentence, { title: 'cutover-check' });
    else runner.info(`${marks[kind]} ${sentence}`);
  }
  const title = {
    begin: problems.length === 0 ? '✅ Seen from outside' : '❌ Seen from outside, nothing was changed',
    end: problems.length === 0 ? '✅ The host may be stopped' : '❌ The host is still needed',
  }[request.mode];
  const lines = findings.map(({ kind, sentence }) => `- ${marks[kind]} ${escapeMarkdown(sentence)}`);
  runner.summary(`### ${title}\n\n${lines.join('\n')}`);
  runner.setOutput('outcome', problems.length === 0 ? 'good' : 'problems');
  runner.setOutput('problems', JSON.stringify(problems.map(({ sentence }) => sentence)));
  return problems.length === 0;
}

try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  runner.annotate('error', (error as Error).message, { title: 'cutover-check' });
  process.exitCode = 1;
}
