import { type FileObject, finishUpload } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { route } from '../../http/route.ts';
import { conflict, refused } from '../../problems.ts';
import { fileToWire } from '../files/to-wire.ts';
import type { UploadsContext } from './context.ts';
import { findOwnUpload } from './find-own.ts';
import { makeFile } from './make-file.ts';

/** Makes the file of an upload whose bytes are all there; asked again, answers the same file. */
export const finish = (context: UploadsContext) =>
  route(finishUpload, async (call): Promise<FileObject> => {
    const upload = await findOwnUpload(context, call.caller, call.params.uploadId);
    if (upload.kind === 'partial') {
      throw refused('A partial upload becomes no file by itself.', {
        code: 'upload_partial',
        hint: 'Join it with others: POST files/uploads/ with the header "Upload-Concat: final;<urls>".',
      });
    }
    const { sha512 } = call.body;
    const file = await makeFile(context, upload, { sha512 });
    // Made before, or for another request at the same time.
    if (sha512 !== undefined && sha512.toLowerCase() !== file.sha512) {
      throw conflict(
        `This upload has become a file with the SHA-512 ${file.sha512}, where ${sha512} was announced.`,
        {
          code: 'upload_finished',
          hint: 'The bytes of a file do not change any more: begin a new upload, and DELETE the file if it is wrong.',
        },
      );
    }
    return fileToWire(
      { ...file, owner_email: person(call.caller).email },
      { baseUrl: call.baseUrl, version: call.version },
    );
  });
