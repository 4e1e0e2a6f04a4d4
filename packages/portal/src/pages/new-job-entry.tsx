import { useSearchState } from '../ui/use-search.ts';
import { NewJobPage } from './new-job-page.tsx';
import { TemplateJobPage } from './template-job-page.tsx';

/** A new job: freely, or by the form of a job template where the address names one. */
export function NewJobEntry() {
  const [{ template = '' }] = useSearchState();
  return template === '' ? <NewJobPage /> : <TemplateJobPage templateId={template} />;
}
