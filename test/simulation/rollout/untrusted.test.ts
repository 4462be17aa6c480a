/**
 * Text that others wrote (log lines, reasons of ECS and of registries, names) in everything a run puts out: as
 * the runner reads the log, as GitHub renders the summary.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { publish } from '../../../src/main/publish.ts';
import { createRunner } from '../../../src/runner/runner.ts';
import { deploy, makeRegion } from './region.ts';

const folder = mkdtempSync(join(tmpdir(), 'ips-untrusted-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Commands in a log, as the runner finds them.
 * https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
function commandsIn(log: string): readonly string[] {
  return log.split(/\r\n|\r|\n/).flatMap((line) => {
    const now = /^\s*::([\w-]+)(?: [^:]*)?::/.exec(line)?.[1];
    const old = /##\[([\w-]+)[^\]]*\]/.exec(line)?.[1];
    return now ?? old ?? [];
  });
}

const evil = [
  '::error title=owned::owned',
  '::add-mask::ips-api',
  'fine\r::set-output name=outcome::succeeded',
  'fine ##[set-output name=outcome]succeeded',
  '##[stop-commands]token',
  '::endgroup::',
  '</details></td></table><script>owned()</script>',
  '![owned](https://evil.example/x.png) @acme/owners',
  '```mermaid\ngraph TD; owned',
];

async function everything(app: object): Promise<{ log: string; summary: string; outputs: string }> {
  const region = await makeRegion({ apps: { bad: app } });
  const result = await deploy(region, 'bad');
  expect(result.outputs['outcome']).toBe('rolled-back');
  const files = { GITHUB_STEP_SUMMARY: join(folder, 'summary'), GITHUB_OUTPUT: join(folder, 'output') };
  for (const file of Object.values(files)) writeFileSync(file, '');
  const written: string[] = [];
  const runner = createRunner(files, (text) => void written.push(text));
  for (const line of region.log) runner.info(line);
  expect(publish(result, runner)).toBe(true);
  return {
    log: written.join(''),
    summary: readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8'),
    outputs: readFileSync(files.GITHUB_OUTPUT, 'utf8'),
  };
}

/** Without fenced blocks and code spans: what is left is read as Markdown and HTML. */
function markupOf(summary: string): string {
  return summary.replace(/^(`{3,})[^\n]*\n[\s\S]*?\n\1$/gm, '').replace(/(?<!\\)(`+)[^`]+\1/g, '');
}

describe.each([
  ['in the lines of a log', { ...badApps.crashAtStart, crashLog: evil }],
  ['in a reason of ECS', { startFailure: `CannotPullContainerError: manifest unknown: ${evil.join('\n')}` }],
])('%s', (_name, app) => {
  test('no command but the own ones reaches the runner', async () => {
    const { log } = await everything(app);
    expect(log).toContain('owned');
    const commands = commandsIn(log);
    expect(new Set(commands)).toEqual(new Set(['error', 'group', 'endgroup']));
    const count = (name: string): number => commands.filter((each) => each === name).length;
    expect(count('error')).toBe(1);
    expect(count('endgroup')).toBe(count('group'));
  });

  test('nothing in the summary becomes markup, a picture, a link or a mention', async () => {
    const { summary } = await everything(app);
    expect(summary).toContain('owned');
    const markup = markupOf(summary);
    expect(markup).not.toMatch(/<(?!\/?(?:details|summary)>)/);
    expect(markup).not.toMatch(/(?<!\\)!?\[(?!More on this)|https?:\/\/evil|@acme/);
    expect(summary.match(/^```mermaid$/gm)).toHaveLength(1);
  });

  test('outputs are what they are', async () => {
    const { outputs } = await everything(app);
    expect(outputs.match(/^outcome<</gm)).toHaveLength(1);
    expect(outputs).not.toContain('owned');
  });
});
