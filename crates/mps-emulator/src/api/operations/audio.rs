//! Audio: create a task, ask how it is doing.

use mps_models::{
    AigcAudioOutputAudioInfo, CreateAigcAudioTask, CreateAigcAudioTaskResponse,
    DescribeAigcAudioTask, DescribeAigcAudioTaskResponse, TaskFamily,
};

use super::{
    Context, Execute, Operation,
    task_lifecycle::{self, NewTask},
};
use crate::{
    api::{results, service_state::ServiceState},
    engine::{
        refusal::Refusal,
        tasks::{Stage, Task, Work},
    },
    media::{Sound, SoundFormat},
};

pub(super) const OPERATIONS: [Operation; 2] = [
    Operation::of::<CreateAigcAudioTask>(),
    Operation::of::<DescribeAigcAudioTask>(),
];

const FAMILY: TaskFamily = TaskFamily::Audio;
/// A request cannot tell how long a song should be. That of the documentation's example has 8.
const SECONDS: u32 = 8;

impl Execute for CreateAigcAudioTask {
    fn execute(self, context: &Context<'_>) -> Result<Self::Response, Refusal> {
        let planned_outcome = task_lifecycle::classic_fate(self.prompt.as_deref())?;
        let id = context.service.ids.task(FAMILY, context.account);
        let new_task = NewTask {
            model: self.model_name.clone(),
            bucket: task_lifecycle::bucket(self.store_cos_param.as_ref()),
            ..NewTask::new(id, planned_outcome, Work::Audio(sound(&self)))
        };
        let mut response = CreateAigcAudioTaskResponse::default();
        response.task_id = Some(task_lifecycle::start(&self, new_task, context)?);
        Ok(response)
    }
}

fn sound(request: &CreateAigcAudioTask) -> Sound {
    let extra = request.extra_parameters.as_ref();
    let format = extra.and_then(|extra| extra.output_audio_format.as_deref());
    Sound {
        seconds: SECONDS,
        format: match format {
            Some("wav") => SoundFormat::Wav,
            _ => SoundFormat::Mp3,
        },
    }
}

impl Execute for DescribeAigcAudioTask {
    fn execute(self, context: &Context<'_>) -> Result<Self::Response, Refusal> {
        task_lifecycle::describe(&self.task_id, context, description)
    }
}

fn description(
    task: &Task,
    stage: Stage,
    service: &ServiceState,
) -> Option<DescribeAigcAudioTaskResponse> {
    let Work::Audio(sound) = &task.work else {
        return None;
    };
    let mut response = DescribeAigcAudioTaskResponse::default();
    response.status = Some(task_lifecycle::status(stage));
    response.message = task_lifecycle::message(task, stage);
    if stage == Stage::Done {
        let urls = results::urls(service, task).into_iter();
        response.audio_infos = urls.map(|url| song(url, *sound)).collect();
    }
    Some(response)
}

fn song(url: String, sound: Sound) -> AigcAudioOutputAudioInfo {
    let mut song = AigcAudioOutputAudioInfo::default();
    song.url = Some(url);
    song.duration = Some(sound.seconds.into());
    song
}
