import type { IncomingMessage } from 'node:http';
import { isJson, readMediaType, unsupportedMediaType } from '../../protocol/json/media-type.ts';

/** @throws ProblemError `unsupported_media_type` */
export function refuseOtherThanJson(headers: IncomingMessage['headersDistinct']): void {
  const type = readMediaType(headers);
  if (!isJson(type)) throw unsupportedMediaType(type, 'application/json in UTF-8');
}
