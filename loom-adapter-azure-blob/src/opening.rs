//! The steps of opening a container: each of them fails with what the user has to know.

use crate::connection::Connection;
use crate::error::{OpenError, open_error};
use crate::settings::AzureBlobSettings;

pub(crate) async fn open(settings: AzureBlobSettings) -> Result<Connection, OpenError> {
    let connection = Connection::new(settings)?;
    let settings = connection.settings();
    // Whoever may list may do so in an empty container, too.
    let look = || connection.list("", None, 1);
    let told = |failure| open_error(&failure, &settings.container);
    match connection.attempts().read(look).await {
        Err(failure) if failure.is_missing_container() && settings.create_container => {
            match connection.attempts().read(|| connection.create()).await {
                Err(failure) if failure.is_there_already() => {}
                created => created.map_err(told)?,
            }
        }
        looked => drop(looked.map_err(told)?),
    }
    Ok(connection)
}
