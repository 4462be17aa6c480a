/** The journey as one self-contained HTML page: no script, no request to anywhere. Pure. */
import { escapeHtml, trafficChart, weightChart } from './charts.ts';
import { formatSpan } from './outcome-table.ts';
import { addLoad, noLoad, type Story } from './story.ts';

const style = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --rule: #d9dee5; --page: #fbfcfd; --card: #fff; --g0: #8a94a3; --g1: #2f6fde; --g2: #1a9a6c; --bad: #d23c3c; --band: #eef2f7; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf2; --soft: #98a4b5; --rule: #323b48; --page: #12161c; --card: #191f27; --g0: #76808f; --g1: #5b93f5; --g2: #35bd8b; --bad: #f06464; --band: #1f2731; } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1040px; padding: 32px 24px 64px; font: 15px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--page) }
h1 { font-size: 26px; margin: 0 0 4px } h2 { font-size: 18px; margin: 36px 0 10px }
.lead { color: var(--soft); margin: 0 0 20px }
.cards { display: flex; gap: 12px; flex-wrap: wrap }
.card { flex: 1 1 150px; background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 12px 16px }
.card b { display: block; font-size: 21px; white-space: nowrap; font-variant-numeric: tabular-nums } .card span { color: var(--soft) }
figure { margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 12px; overflow-x: auto }
svg { display: block; width: 100%; min-width: 640px; height: auto } svg text { font: 12px system-ui, sans-serif; fill: var(--soft) }
svg .act { text-anchor: middle; font-weight: 600 } svg .grid { stroke: var(--rule) } svg .band0 { fill: var(--band) } svg .band1 { fill: transparent }
.area { opacity: .85 } .line { fill: none; stroke-width: 2.5; stroke-linejoin: round }
.area.group0 { fill: var(--g0) } .area.group1 { fill: var(--g1) } .area.group2 { fill: var(--g2) } .area.harmed { fill: var(--bad); opacity: 1 }
.line.group0 { stroke: var(--g0) } .line.group1 { stroke: var(--g1) } .line.group2 { stroke: var(--g2) }
.legend { display: flex; gap: 18px; flex-wrap: wrap; margin: 8px 4px 0; color: var(--soft); font-size: 13px }
figcaption { color: var(--soft); font-size: 13px; margin: 6px 4px 0 }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 6px; vertical-align: -1px }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums } th, td { text-align: left; padding: 7px 10px; border-bottom: 1px solid var(--rule); vertical-align: top } th { color: var(--soft); font-weight: 600; font-size: 13px }
td.n, th.n { text-align: right } .ok { color: var(--g2); font-weight: 600 } .why { margin: 4px 0 0; color: var(--soft); font-size: 13px; font-weight: 400; max-width: 46ch }
.wrong { color: var(--bad); font-weight: 600 }
details { border: 1px solid var(--rule); border-radius: 10px; background: var(--card); padding: 10px 16px; margin: 10px 0 } summary { cursor: pointer; font-weight: 600 }
pre { overflow-x: auto; font: 12.5px/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; color: var(--soft); margin: 10px 0 4px }
`;

export function renderReportPage(story: Story): string {
  const total = story.acts.reduce((sum, act) => addLoad(sum, act.load), noLoad);
  const good = story.acts.every((act) => act.asExpected);
  const spanMs = (story.acts.at(-1)?.endedAt ?? 0) - (story.acts[0]?.startedAt ?? 0);
  const cards: readonly (readonly [string, string])[] = [
    [good ? 'As expected' : 'NOT expected', `${story.acts.length} acts`],
    [total.served.toLocaleString('en'), 'requests served'],
    [total.harmed.toLocaleString('en'), 'harmed (5xx)'],
    [total.dropped.toLocaleString('en'), 'dropped'],
    [formatSpan(spanMs), `of AWS time at ×${story.scale}`],
  ];
  const legend = [
    ...story.groups.map((group, index) => [`--g${index}`, `${group.label} (${group.name})`] as const),
    ['--bad', 'harmed or dropped'] as const,
  ]
    .map(([color, text]) => `<span><i style="background:var(${color})"></i>${escapeHtml(text)}</span>`)
    .join('');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Deployment journey: ${escapeHtml(story.scenario)}</title><style>${style}</style></head><body>
<h1>From EC2 to ECS, under load</h1>
<p class="lead">Scenario <b>${escapeHtml(story.scenario)}</b>, seed ${story.seed}, tasks as ${escapeHtml(story.taskKind)}. Real HTTP through the lab's load balancer; every act was carried out by the committed action bundles.</p>
<div class="cards">${cards.map(([value, label]) => `<div class="card"><b>${escapeHtml(value)}</b><span>${escapeHtml(label)}</span></div>`).join('')}</div>
<h2>Traffic</h2><figure>${trafficChart(story)}<div class="legend">${legend}</div><figcaption>Every request that reached a target: the steady load, and the probes of the shifts on top of it.</figcaption></figure>
<h2>Weights</h2><figure>${weightChart(story)}</figure>
<h2>What happened</h2>
<table><thead><tr><th>#</th><th>act</th><th>outcome</th><th class="n">seconds</th><th class="n">AWS time</th><th class="n">served</th><th class="n">harmed</th><th class="n">dropped</th></tr></thead><tbody>
${story.acts
  .map(
    (act, index) =>
      `<tr><td>${index + 1}</td><td>${escapeHtml(act.title)}<br><small>${escapeHtml(act.plot)}</small></td><td class="${act.asExpected ? 'ok' : 'wrong'}">${escapeHtml(act.outcome)}${act.cause === '' ? '' : `<br><small>${escapeHtml(act.cause)}</small>`}${act.explanation === '' ? '' : `<p class="why">${escapeHtml(act.explanation)}</p>`}${act.asExpected ? '' : `<br><small>${escapeHtml(act.complaint)}</small>`}</td><td class="n">${(act.endedRealSeconds - act.startedRealSeconds).toFixed(1)}</td><td class="n">${formatSpan(act.endedAt - act.startedAt)}</td><td class="n">${act.load.served}</td><td class="n">${act.load.harmed}</td><td class="n">${act.load.dropped}</td></tr>`,
  )
  .join('\n')}
</tbody></table>
<h2>The job logs</h2>
${story.acts
  .map(
    (act, index) =>
      `<details><summary>${index + 1}. ${escapeHtml(act.title)}</summary><pre>${escapeHtml(act.log.join('\n'))}</pre></details>`,
  )
  .join('\n')}
</body></html>
`;
}
