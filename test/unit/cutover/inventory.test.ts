import { expect, test } from '@jest/globals';
import { judgeInventory } from '../../../src/cutover/inventory.ts';

const files = '/srv/ips/uploads => S3 bucket ips-uploads\n/var/lib/ips => EFS';
const jobs = 'nightly-report => EventBridge schedule';

test.each([
  ['nothing found', '', 'none', 'none', /^good: Nothing was found/],
  ['all placed', 'file /srv/ips/uploads\ncron nightly-report', files, jobs, /^good: All 2 things/],
  ['what lies in a folder', 'file /var/lib/ips/cache/a.db', files, jobs, /^good/],
  [
    'a folder beside it',
    'file /srv/ips/uploads-old',
    files,
    jobs,
    /^problem: On the host there is \/srv\/ips\/uploads-old, and "local-files" says nothing/,
  ],
  [
    'another job',
    'cron cleanup',
    files,
    jobs,
    /^problem: On the host there is the job cleanup, and "cron-jobs"/,
  ],
  ['a file that is named as a job', 'cron /srv/ips/uploads', files, jobs, /^problem/],
  ['a place for nothing', 'cron nightly-report', files, 'none', /^problem/],
  ['a line of another kind', 'directory /srv', files, jobs, /^problem: The list of the host has a line/],
  [
    'comments and blanks',
    '# found by find-on-host.sh\n\n  file: /srv/ips/uploads  \n',
    files,
    jobs,
    /^good: All 1 things/,
  ],
])('%s', (_name, found, localFiles, cronJobs, words) => {
  const said = judgeInventory(found, localFiles, cronJobs).map(
    ({ kind, sentence }) => `${kind}: ${sentence}`,
  );
  expect(said).toEqual([expect.stringMatching(words)]);
});
