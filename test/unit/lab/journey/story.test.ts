import { expect, test } from '@jest/globals';
import { formatSpan, renderOutcomeTable } from '../../../../src/lab/journey/outcome-table.ts';
import { type LabReading, Recorder } from '../../../../src/lab/journey/recorder.ts';
import { renderReportPage } from '../../../../src/lab/journey/report-page.ts';
import type { ActRecord, Story } from '../../../../src/lab/journey/story.ts';
import { createPlainView, renderPanel } from '../../../../src/lab/journey/views.ts';

const act: ActRecord = {
  title: 'A <bad> release',
  plot: 'Fails one request in five.',
  expected: 'rolled-back',
  outcome: 'rolled-back',
  asExpected: true,
  complaint: '',
  cause: 'errors',
  explanation: 'Green failed 12 of 60 requests.',
  startedAt: 0,
  endedAt: 245_000,
  startedRealSeconds: 1,
  endedRealSeconds: 5.1,
  load: { served: 800, harmed: 12, dropped: 0 },
  log: ['<script>alert(1)</script>'],
  summaryMarkdown: '',
};

const story: Story = {
  scenario: 'full',
  seed: 7,
  scale: 60,
  taskKind: 'processes',
  groups: [
    { name: 'old', label: 'EC2 host' },
    { name: 'new', label: 'service A' },
  ],
  acts: [
    act,
    {
      ...act,
      title: 'Rollback',
      cause: '',
      asExpected: false,
      outcome: 'failed',
      complaint: 'expected succeeded',
    },
  ],
  samples: [],
};

test('the table says what happened, in columns, and what was not as expected', () => {
  expect(renderOutcomeTable(story)).toBe(
    [
      '       act              outcome               seconds  in AWS time  served  harmed  dropped',
      '-----  ---------------  --------------------  -------  -----------  ------  ------  -------',
      'ok     A <bad> release  rolled-back (errors)      4.1        4m05s     800      12        0',
      'WRONG  Rollback         failed                    4.1        4m05s     800      12        0',
      'Rollback: expected succeeded',
    ].join('\n'),
  );
});

test.each([
  [0, '0s'],
  [59_400, '59s'],
  [59_500, '1m00s'],
  [3_600_000, '60m00s'],
])('%d ms is %s', (spanMs, text) => expect(formatSpan(spanMs)).toBe(text));

test('the page holds no script and asks nobody for anything', () => {
  const page = renderReportPage({
    ...story,
    samples: [
      {
        at: 0,
        realSeconds: 0.5,
        spanSeconds: 0.5,
        load: act.load,
        groups: [{ share: 1, requests: 100, healthy: 1, targets: 1 }],
        services: [],
      },
      {
        at: 1,
        realSeconds: 1,
        spanSeconds: 0.5,
        load: act.load,
        groups: [{ share: 0.5, requests: 50, healthy: 1, targets: 1 }],
        services: [],
      },
    ],
  });
  expect(page).not.toMatch(/<script|src=|href=|@import|url\(/);
  expect(page).not.toMatch(/NaN|undefined|Infinity/);
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
});

test('the recorder turns running totals into what happened since the last look', () => {
  let realMs = 1000;
  const reading = (served: number, oldWeight: number, newWeight: number): LabReading => ({
    virtualNow: 60_000 + served,
    load: { served, harmed: 1, dropped: 0 },
    groups: new Map([
      ['old', { requests: served, weight: oldWeight, healthy: 1, targets: 1 }],
      ['new', { requests: 0, weight: newWeight, healthy: 0, targets: 3 }],
    ]),
    services: [],
  });
  let now = reading(100, 100, 0);
  const recorder = new Recorder(
    story.groups,
    () => now,
    () => realMs,
  );
  realMs = 1500;
  now = reading(150, 90, 10);
  const seen = recorder.look();
  expect(seen).toEqual({
    realSeconds: 0.5,
    virtualMs: 50,
    requestsPerSecond: 100,
    totals: { served: 50, harmed: 0, dropped: 0 },
    groups: [
      { label: 'EC2 host', share: 0.9, healthy: 1, targets: 1, requests: 50, requestsPerSecond: 100 },
      { label: 'service A', share: 0.1, healthy: 0, targets: 3, requests: 0, requestsPerSecond: 0 },
    ],
    services: [],
  });
  expect(recorder.samples).toHaveLength(1);
  expect(recorder.totals()).toEqual({ served: 50, harmed: 0, dropped: 0 });
});

test('the panel fits its terminal and shows no control characters of others', () => {
  const esc = String.fromCharCode(27);
  for (const columns of [30, 60, 200]) {
    const lines = renderPanel(
      {
        realSeconds: 1,
        virtualMs: 60_000,
        requestsPerSecond: 200,
        totals: { served: 123_456, harmed: 1, dropped: 0 },
        groups: [
          { label: 'a group with a long name', share: 0.5, healthy: 3, targets: 3, requestsPerSecond: 100 },
        ],
        services: [{ name: 'ips-api-service', desired: 3, running: 2, pending: 1 }],
      },
      'Cut over',
      `log ${esc}[31mred ${'x'.repeat(300)}`,
      columns,
    );
    const plain = lines.map((line) => line.replaceAll(new RegExp(`${esc}\\[[0-9]+m`, 'g'), ''));
    expect(plain.join('')).not.toContain(esc);
    if (columns >= 60) expect(Math.max(...plain.map((line) => line.length))).toBeLessThan(columns);
  }
});

test('in a log there are plain lines only', () => {
  let text = '';
  const view = createPlainView((part) => {
    text += part;
  });
  view.note('Setting the stage');
  view.actStarted(1, 2, 'Cut over', 'EC2 to ECS');
  view.line('weights 10/90');
  view.actEnded('Cut over', 'promoted', true);
  view.close();
  expect(text).toBe(
    'Setting the stage\n\n[1/2] Cut over\n      EC2 to ECS\n      weights 10/90\n   -> Cut over: promoted\n',
  );
});
