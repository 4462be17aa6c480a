/** Runs after the job, whatever happened: no login is left on disk. */
import { removeLoginFolder } from '../image/login-folder.ts';

const folder = process.env['STATE_login-folder'] ?? '';
if (folder !== '') {
  try {
    removeLoginFolder(folder);
  } catch (error) {
    process.stdout.write(
      `::warning title=build-push-ecr::The login folder could not be removed: ${(error as Error).message.replaceAll('\n', ' ')}\n`,
    );
  }
}
