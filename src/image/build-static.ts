/** Builds without Docker, looks for secrets, and pushes. */
import type { BuildJob } from './job.ts';
import { searchStatic } from './secret-search/search-static.ts';
import { noSecretIn } from './secret-search/verdict.ts';
import { buildStatic } from './static/build.ts';
import { parsePlatform } from './static/image-config.ts';
import { pushStatic } from './static/push.ts';
import { makeWorkFolder, removeWorkFolder } from './work-folder.ts';

/** Answers the digest that was pushed. */
export async function buildAndPushStatic(job: BuildJob): Promise<string> {
  const { request, plan, registries, needles } = job;
  const folder = makeWorkFolder(job.ports.context.tempDir);
  try {
    const build = await buildStatic(
      {
        context: plan.context,
        dockerfile: plan.dockerfile,
        target: request.target,
        buildArgs: request.buildArgs,
        labels: job.labels,
        platforms: request.platforms.map(parsePlatform),
        epochSeconds: epochSeconds(request.buildArgs),
        folder,
      },
      { registry: registries.of },
    );
    for (const notice of build.notices) job.event('image.notice', 'notice', notice);
    job.event('image.built', 'info', `Built ${build.digest}.`);
    if (needles.length > 0) noSecretIn(await searchStatic(build, needles), job);
    const counts = await pushStatic(build, registries.own, job.repository.name, plan.tags);
    job.event(
      'image.pushed',
      'info',
      `Pushed: ${counts.uploaded} layers uploaded, ${counts.copied} copied, ${counts.mounted} mounted, ${counts.present} there already.`,
    );
    return build.digest;
  } finally {
    removeWorkFolder(folder);
  }
}

/** SOURCE_DATE_EPOCH as reproducible builds use it; else 1970, so that the same sources give the same digest. */
function epochSeconds(buildArgs: ReadonlyMap<string, string>): number {
  const given = buildArgs.get('SOURCE_DATE_EPOCH') ?? '0';
  return /^\d{1,11}$/.test(given) ? Number(given) : 0;
}
