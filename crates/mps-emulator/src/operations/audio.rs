//! Audio: create a task, ask how it is doing.

use mps_models::{
    AigcAudioOutputAudioInfo, CreateAigcAudioTask, CreateAigcAudioTaskResponse,
    DescribeAigcAudioTask, DescribeAigcAudioTaskResponse,
};

use super::{
    Context, Execute, Operation,
    life::{self, Draft},
};
use crate::{
    api::Refusal,
    marker,
    media::{Sound, SoundFormat},
    results,
    service::Inner,
    tasks::{Stage, Task, Work},
};

pub(super) const OPERATIONS: [Operation; 2] = [
    Operation::of::<CreateAigcAudioTask>(),
    Operation::of::<DescribeAigcAudioTask>(),
];

const FAMILY: &str = "AigcAudio";
/// A request cannot tell how long a song should be. That of the documentation's example has 8.
const SECONDS: u32 = 8;

impl Execute for CreateAigcAudioTask {
    fn execute(self, context: &Context<'_>) -> Result<Self::Response, Refusal> {
        let draft = Draft {
            fate: marker::fate(self.prompt.as_deref().unwrap_or_default())?,
            work: Work::Audio(sound(&self)),
            id: context.service.ids.task(FAMILY),
            model: self.model_name.clone(),
        };
        let mut response = CreateAigcAudioTaskResponse::default();
        response.task_id = Some(life::start(&self, draft, context));
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
        life::describe(&self.task_id, context, description)
    }
}

fn description(
    task: &Task,
    stage: Stage,
    service: &Inner,
) -> Option<DescribeAigcAudioTaskResponse> {
    let Work::Audio(sound) = &task.work else {
        return None;
    };
    let mut response = DescribeAigcAudioTaskResponse::default();
    response.status = Some(life::status(stage));
    response.message = life::message(task, stage);
    if stage == Stage::Done {
        let mut song = AigcAudioOutputAudioInfo::default();
        song.url = Some(results::url(service, task));
        song.duration = Some(sound.seconds.into());
        response.audio_infos = vec![song];
    }
    Some(response)
}
