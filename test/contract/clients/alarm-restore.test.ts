/** The sample of an alarm that restores: its function as it stands in the template, with boto3 against the lab. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { root } from '../../support/source-files.ts';
import { type StandingLab, startStandingLab } from '../../support/standing-lab.ts';
import { toolAvailable } from '../../support/tools.ts';

const withBoto3 = toolAvailable('boto3', 'test/contract/clients') ? describe : describe.skip;

withBoto3('the function of docs/guards/alarm-restore.yml', () => {
  let lab: StandingLab;
  let scratch: string;

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'ips-guard-'));
    lab = await startStandingLab();
  }, 30_000);

  afterAll(async () => {
    await lab?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  test('gives blue its weights back while a shift rests, and else touches nothing', () => {
    const text = readFileSync(join(root, 'docs/guards/alarm-restore.yml'), 'utf8');
    // CloudFormation's own tags are of no interest here.
    const template = parse(text.replace(/!(Ref|GetAtt|Sub|If|Not|Equals)\b/g, ''));
    const seen: unknown = JSON.parse(
      execFileSync('python3', [join(root, 'test/contract/clients/alarm_restore.py')], {
        input: template.Resources.Restore.Properties.Code.ZipFile,
        encoding: 'utf8',
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: scratch,
          TMPDIR: scratch,
          PYTHONDONTWRITEBYTECODE: '1',
          ...lab.variables,
        },
      }),
    );
    const untouched = [90, 10];
    const back = [1, 0];
    expect(seen).toEqual({
      'no shift': ['nothing rests', untouched, untouched],
      'its job is there': ['nothing rests', untouched, untouched],
      'a breaking schema': ['blue cannot serve any more: a person has to look', untouched, untouched],
      'weights of other groups': [
        'the rule holds no group from before the shift: a person has to look',
        untouched,
        untouched,
      ],
      'it rests': ['restored', back, untouched],
      'by the listener': ['restored', back, back],
      'of an end that was taken back': ['restored', back, back],
      'a blue that is kept small': ['blue cannot serve any more: a person has to look', back, back],
      'past the point of no return': ['blue cannot serve any more: a person has to look', back, back],
    });
  }, 60_000);
});
