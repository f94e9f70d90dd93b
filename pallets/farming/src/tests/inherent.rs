use crate::{Call, InherentError, mock::*};
use allod_consensus_primitives::{
    INHERENT_IDENTIFIER, MAX_SEGMENT_HEADERS_PER_BLOCK, SegmentHeaders,
};
use allod_core::SegmentHeader;
use frame_support::inherent::ProvideInherent;
use sp_inherents::{InherentData, IsFatalError};

fn data(headers: &[SegmentHeader]) -> InherentData {
    let mut data = InherentData::new();
    data.put_data(INHERENT_IDENTIFIER, &headers.to_vec())
        .unwrap();
    data
}

fn call(headers: SegmentHeaders) -> Call<Test> {
    Call::store_segment_headers { headers }
}

#[test]
fn the_call_is_made_of_the_archivers_headers() {
    let some = headers(None, &[complete(0)]);
    assert_eq!(
        Farming::create_inherent(&data(&some)),
        Some(call(some.clone()))
    );
    assert_eq!(
        Farming::is_inherent_required(&data(&some)),
        Ok(Some(InherentError::Missing(1)))
    );
    assert_eq!(
        Farming::check_inherent(&call(some.clone()), &data(&some)),
        Ok(())
    );
    assert!(Farming::is_inherent(&call(some)));
    let other = Call::raise_iterations {
        iterations: iterations(16),
    };
    assert!(!Farming::is_inherent(&other));
}

#[test]
fn without_headers_there_is_no_call() {
    for nothing in [data(&[]), InherentData::new()] {
        assert_eq!(Farming::create_inherent(&nothing), None);
        assert_eq!(Farming::is_inherent_required(&nothing), Ok(None));
    }
}

#[test]
fn other_headers_than_the_archivers_are_fatal() {
    let [one, two] = [10, 11].map(|bytes| headers(None, &[complete(0), partial(1, bytes)]));
    let error = InherentError::Different {
        expected: 2,
        actual: 2,
    };
    assert!(error.is_fatal_error());
    assert_eq!(
        Farming::check_inherent(&call(one.clone()), &data(&two)),
        Err(error)
    );
    assert_eq!(
        Farming::check_inherent(&call(one), &data(&[])),
        Err(InherentError::Different {
            expected: 0,
            actual: 2
        })
    );
}

#[test]
fn broken_data_are_an_error() {
    let mut broken = InherentData::new();
    broken.put_data(INHERENT_IDENTIFIER, &7_u8).unwrap();
    let header = headers(None, &[complete(0)])[0];
    let many = vec![header; MAX_SEGMENT_HEADERS_PER_BLOCK as usize + 1];
    for data in [broken, data(&many)] {
        assert_eq!(Farming::create_inherent(&data), None);
        assert_eq!(
            Farming::is_inherent_required(&data),
            Err(InherentError::Malformed)
        );
    }
}
