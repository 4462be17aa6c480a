import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { codeBlock, codeSpan, escapeHtml, escapeMarkdown } from '../../../src/report/markdown.ts';
import { instructionsOf, type Report } from '../../../src/report/report.ts';
import { renderLogLine, renderSummary } from '../../../src/report/summary.ts';

const report: Report = {
  title: 'Rolling deploy of ips-api-service',
  outcome: 'rolled-back',
  ok: false,
  sentence: 'Revision 8 crashed; revision 7 serves again.',
  remedy: 'Look at the log of ips-api.',
  facts: [['Cluster', 'ips-api-cluster']],
  events: [
    { at: 1_000, code: 'rollout.started', level: 'info', message: 'Started.' },
    { at: 91_400, code: 'rollout.failed', level: 'error', message: 'Task <b>1</b> exited | code 137' },
  ],
  sections: [
    { kind: 'table', heading: 'Stopped tasks', columns: ['task', 'reason'], rows: [['a1', 'OOM | killed']] },
    { kind: 'text', heading: 'Log', text: 'x\n```\n::error::y' },
  ],
  startedAt: 1_000,
  endedAt: 95_000,
};

test('the whole summary', () => {
  expect(renderSummary(report)).toBe(`### ❌ Rolling deploy of ips-api-service: rolled-back

Revision 8 crashed; revision 7 serves again.

**What to do:** Look at the log of ips-api.

|  |  |
| --- | --- |
| **Cluster** | ips-api-cluster |

#### Stopped tasks

| task | reason |
| --- | --- |
| a1 | OOM \\| killed |

#### Log

\`\`\`\`
x
\`\`\`
::error::y
\`\`\`\`

<details><summary>Timeline (1m34s)</summary>

| after |  | what |
| --- | --- | --- |
| 0s | · | Started. |
| 1m30s | ❌ | Task &lt;b&gt;1&lt;/b&gt; exited \\| code 137 |

</details>
`);
});

test.each([
  ['https://github.com/o/r/blob/v1/', '[More on this](https://github.com/o/r/blob/v1/docs/x.md#y)'],
  [undefined, 'See `docs/x.md#y`.'],
])('a document that says more, below %s', (base, shown) => {
  expect(renderSummary({ ...report, docs: 'docs/x.md#y' }, base)).toContain(
    `**What to do:** Look at the log of ips-api. ${shown}\n`,
  );
});

test('commands can be copied as they are, below the remedy', () => {
  const commands = ['# Back:', `aws elbv2 modify-rule --actions '[{"Url":"https://id/*"}]'`];
  const shown = `\n**What to do:** By hand:\n\n\`\`\`sh\n# Back:\n${commands[1]}\n\`\`\`\n`;
  expect(renderSummary({ ...report, remedy: 'By hand:', commands })).toContain(shown);
  expect(instructionsOf({ remedy: 'By hand:', commands })).toBe(`By hand:\n# Back:\n${commands[1]}`);
  expect(instructionsOf({})).toBe('');
});

test('the heading of a folded table shows no escapes', () => {
  const table = { kind: 'table', columns: ['a'], rows: [['b']] } as const;
  const sections = [{ ...table, heading: 'Minutes (2) of <api> @team', folded: true }];
  expect(renderSummary({ ...report, sections })).toContain(
    '<details><summary>Minutes (2) of &lt;api&gt; @\u200bteam</summary>',
  );
});

test('a log line carries its time since the start', () => {
  expect(renderLogLine(report.events[1]!, 1_000)).toBe('+1m30s   Task <b>1</b> exited | code 137');
});

describe('untrusted text', () => {
  test.each([
    ['<img src=x onerror=y>', '&lt;img src=x onerror=y&gt;'],
    ['[a](http://x.y)', '\\[a\\]\\(http:\u200b//x.y\\)'],
    ['@team look', '@\u200bteam look'],
    ['a\n# b', 'a \\# b'],
    ['*b* _c_ `d` | e', '\\*b\\* \\_c\\_ \\`d\\` \\| e'],
  ])('%j', (given, expected) => expect(escapeMarkdown(given)).toBe(expected));

  test('never leaves its table cell, its block, or its span', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('`', '|', '\n', 'a', '<', '\\') }), (text) => {
        expect(escapeHtml(text)).not.toMatch(/\n|</);
        expect(escapeMarkdown(text)).not.toMatch(/\n|<|(?<!\\)(?:\\\\)*\|/);
        const fence = /^`+/.exec(codeBlock(text))![0];
        expect(
          codeBlock(text)
            .split('\n')
            .slice(1, -1)
            .some((line) => line.startsWith(fence)),
        ).toBe(false);
        expect(codeSpan(text)).not.toMatch(/\n/);
      }),
    );
  });
});
