import { Dialog } from '../design/Dialog.tsx';
import { Problem } from '../design/Notice.tsx';

interface ConfirmDialogProps {
  readonly title: string;
  /** What will happen. */
  readonly text: string;
  readonly sure: string;
  readonly keep: string;
  readonly isBusy: boolean;
  readonly error: unknown;
  readonly onSure: () => void;
  readonly onClose: () => void;
}

/** Before something that cannot be taken back. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, text, sure, keep, isBusy, error, onSure, onClose } = props;
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="form">
        <p>{text}</p>
        {error !== null && error !== undefined && <Problem error={error} />}
        <div className="actions">
          <button type="button" className="button button-danger" disabled={isBusy} onClick={onSure}>
            {sure}
          </button>
          <button type="button" className="button" onClick={onClose}>
            {keep}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
